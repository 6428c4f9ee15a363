import { Type } from '@sinclair/typebox';
import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { pageQuery } from '../shared/endpoints/query.ts';
import { BucketError } from './schemas.ts';

export const bucketEndpoint = endpointsOf({ tag: 'buckets', error: BucketError });
export const objectEndpoint = endpointsOf({ tag: 'objects', error: BucketError });
export const multipartEndpoint = endpointsOf({ tag: 'multipart', error: BucketError });
export const signedUrlEndpoint = endpointsOf({ tag: 'signed URLs', error: BucketError });
export const keyEndpoint = endpointsOf({ tag: 'keys', error: BucketError });
export const accountEndpoint = endpointsOf({ tag: 'account', error: BucketError });
export const webhookEndpoint = endpointsOf({ tag: 'webhooks', error: BucketError });

export const security = [{ storageKey: [] }];

export const bucketPageQuery = Type.Object(pageQuery(1000));

import { Type } from '@sinclair/typebox';
import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { pageQuery } from '../shared/endpoints/query.ts';
import { BucketError } from './schemas.ts';

const api = { error: BucketError, security: [{ storageKey: [] }], keyKind: 'storage' as const };

/** Make the endpoints of the bucket API, by their tags. */
export const bucketEndpoint = endpointsOf({ ...api, tag: 'buckets' });
export const objectEndpoint = endpointsOf({ ...api, tag: 'objects' });
export const multipartEndpoint = endpointsOf({ ...api, tag: 'multipart' });
export const signedUrlEndpoint = endpointsOf({ ...api, tag: 'signed URLs' });
export const keyEndpoint = endpointsOf({ ...api, tag: 'keys' });
export const accountEndpoint = endpointsOf({ ...api, tag: 'account' });
export const webhookEndpoint = endpointsOf({ ...api, tag: 'webhooks' });

export const bucketPageQuery = Type.Object(pageQuery(1000));

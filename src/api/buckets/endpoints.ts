import { Type } from '@sinclair/typebox';
import { endpointsOf } from '../shared/endpoint.ts';
import { BucketError } from './schemas.ts';

/** Make the endpoints of the bucket API, by their tags. */
export const bucketEndpoint = endpointsOf({ tag: 'buckets', error: BucketError });
export const signedUrlEndpoint = endpointsOf({ tag: 'signed URLs', error: BucketError });
export const keyEndpoint = endpointsOf({ tag: 'keys', error: BucketError });
export const accountEndpoint = endpointsOf({ tag: 'account', error: BucketError });
export const webhookEndpoint = endpointsOf({ tag: 'webhooks', error: BucketError });

export const security = [{ storageKey: [] }];

export const pageQuery = {
  cursor: Type.Optional(Type.String({ description: 'The nextCursor of the previous page.' })),
  limit: Type.Optional(
    Type.Integer({ description: 'Entries per page.', minimum: 1, maximum: 1000, default: 50 }),
  ),
};

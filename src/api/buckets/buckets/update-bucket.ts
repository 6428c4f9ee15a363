import type { BucketWithUsage } from '../../../core/ports/buckets/bucket-store.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import type { BucketApi } from '../api.ts';
import { bucketEndpoint } from '../endpoints.ts';
import { readUpdateBucket, updateBucketBody } from '../requests.ts';
import { Bucket } from '../schemas.ts';
import { bucketJson, bucketParams, bucketPath, bucketRequest } from './bucket-json.ts';

const updateBucket = bucketEndpoint({
  method: 'PATCH',
  path: bucketPath,
  operationId: 'updateBucket',
  summary: 'Update a bucket',
  description: 'Objects that exist keep their expiry.',
  params: bucketParams,
  headers: idempotency.requestHeaders,
  body: { schema: updateBucketBody, example: { public: true, defaultTtlSeconds: null } },
  responses: {
    200: { description: 'The updated bucket.', body: Bucket, headers: idempotency.responseHeaders },
  },
  errors: [404],
});

export const update = ({ buckets }: BucketApi) =>
  updateBucket.byAccount(async (exchange, account, { bucket }) => {
    const body = await readSmallBody(exchange);
    const request = bucketRequest(readUpdateBucket(body));
    const work = (seal?: Seal<BucketWithUsage>) => buckets.update(account, bucket, request, seal);
    const { result } = await writeOnce(exchange, body, work, { settles: request.isPublic === false });
    return updateBucket.answer(exchange, 200, bucketJson(result), {});
  });

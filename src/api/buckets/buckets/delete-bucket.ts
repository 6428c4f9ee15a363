import { deleted } from '../../shared/endpoints/endpoint-definition.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import type { BucketApi } from '../api.ts';
import { bucketEndpoint } from '../endpoints.ts';
import { bucketParams, bucketPath } from './bucket-json.ts';

const deleteBucket = bucketEndpoint({
  method: 'DELETE',
  path: bucketPath,
  operationId: 'deleteBucket',
  summary: 'Delete a bucket (must be empty)',
  description: 'Objects that have expired do not count.',
  params: bucketParams,
  headers: idempotency.requestHeaders,
  responses: { 204: deleted },
  errors: [404],
  errorDescriptions: { 409: 'The bucket has objects.' },
});

export const remove = ({ buckets }: BucketApi) =>
  deleteBucket.byAccount(async (exchange, account, { bucket }) => {
    await writeOnce(exchange, undefined, (seal) => buckets.remove(account, bucket, seal));
    return deleteBucket.answer(exchange, 204, null, {});
  });

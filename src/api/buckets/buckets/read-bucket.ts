import type { BucketApi } from '../api.ts';
import { bucketEndpoint } from '../endpoints.ts';
import { Bucket } from '../schemas.ts';
import { bucketJson, bucketParams, bucketPath } from './bucket-json.ts';

const readBucket = bucketEndpoint({
  method: 'GET',
  path: bucketPath,
  operationId: 'readBucket',
  summary: 'Get a bucket',
  description: 'A bucket of another account is 403.',
  params: bucketParams,
  responses: { 200: { description: 'The bucket.', body: Bucket } },
  errors: [404],
});

export const read = ({ buckets }: BucketApi) =>
  readBucket.byAccount(async (exchange, account, { bucket }) => {
    return readBucket.answer(exchange, 200, bucketJson(await buckets.describe(account, bucket)), {});
  });

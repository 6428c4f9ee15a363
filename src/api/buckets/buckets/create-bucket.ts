import { Type } from '@sinclair/typebox';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import type { BucketApi } from '../api.ts';
import { bucketEndpoint } from '../endpoints.ts';
import { createBucketBody, readCreateBucket } from '../requests.ts';
import { Bucket } from '../schemas.ts';
import { bucketJson, bucketRequest, path } from './bucket-json.ts';

const createBucket = bucketEndpoint({
  method: 'POST',
  path,
  operationId: 'createBucket',
  summary: 'Create a bucket',
  description: 'Names are unique on the server.',
  headers: idempotency.requestHeaders,
  body: { schema: createBucketBody, example: { name: 'build-artifacts', defaultTtlSeconds: 3600 } },
  responses: {
    201: {
      description: 'The bucket.',
      body: Bucket,
      headers: {
        location: Type.String({ description: 'The path of the bucket.' }),
        ...idempotency.responseHeaders,
      },
    },
  },
  errorDescriptions: { 409: 'A bucket has this name.' },
});

export const create = ({ buckets }: BucketApi) =>
  createBucket.byAccount(async (exchange, account) => {
    const body = await readSmallBody(exchange);
    const { name, ...fields } = readCreateBucket(body);
    const { result } = await writeOnce(exchange, body, (seal) =>
      buckets.create(account, name, bucketRequest(fields), seal),
    );
    return createBucket.answer(exchange, 201, bucketJson(result), {
      location: `${exchange.basePath}/v1/buckets/${result.name}`,
    });
  });

import {
  errorResponses,
  json,
  jsonBody,
  object,
  orNull,
  response,
  stringHeaders,
  text,
  time,
  whole,
} from '../shared/operation-parts.ts';
import {
  bucketParameter,
  errorContent,
  idempotencyParameter,
  pageOf,
  pageParameters,
  replayed,
  security,
} from './operation-pieces.ts';
import { createBucketBody, updateBucketBody } from './requests.ts';

const tags = ['buckets'];
const common = { tags, security };
const bucket = object({
  name: text,
  public: { type: 'boolean' },
  defaultTtlSeconds: orNull(whole),
  objectCount: whole,
  sizeBytes: whole,
  createdAt: time,
});

export const createBucketOperation = {
  ...common,
  operationId: 'createBucket',
  summary: 'Create a bucket',
  parameters: [idempotencyParameter],
  requestBody: jsonBody(createBucketBody),
  responses: {
    201: response('The bucket.', json(bucket), { ...stringHeaders({ Location: 'Its path.' }), ...replayed }),
    ...errorResponses(errorContent, 400, 401, 403, 409, 503, 507),
  },
};

export const listBucketsOperation = {
  ...common,
  operationId: 'listBuckets',
  summary: 'List buckets, by name',
  parameters: pageParameters,
  responses: {
    200: response('A page of buckets.', pageOf(bucket)),
    ...errorResponses(errorContent, 400, 401, 403, 503),
  },
};

export const readBucketOperation = {
  ...common,
  operationId: 'readBucket',
  summary: 'Get a bucket',
  parameters: [bucketParameter],
  responses: {
    200: response('The bucket.', json(bucket)),
    ...errorResponses(errorContent, 401, 403, 404, 503),
  },
};

export const updateBucketOperation = {
  ...common,
  operationId: 'updateBucket',
  summary: 'Update a bucket',
  parameters: [bucketParameter, idempotencyParameter],
  requestBody: jsonBody(updateBucketBody),
  responses: {
    200: response('The bucket as it is now.', json(bucket), replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

export const deleteBucketOperation = {
  ...common,
  operationId: 'deleteBucket',
  summary: 'Delete a bucket (must be empty)',
  parameters: [bucketParameter, idempotencyParameter],
  responses: {
    204: response('Deleted.', undefined, replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

import type { Elysia } from 'elysia';
import type { Exchange } from '../shared/exchange.ts';
import {
  allowedMethods,
  type Handler,
  type Methods,
  mountResource,
  type Operation,
} from '../shared/resource.ts';
import { readAccount } from './account.ts';
import type { BucketApi } from './api.ts';
import * as bucketOperations from './bucket-operations.ts';
import { createBucket, deleteBucket, listBuckets, readBucket, updateBucket } from './buckets.ts';
import { mountErrorPages } from './error-pages.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import * as objectOperations from './object-operations.ts';
import { copyObject, deleteObject, deleteObjects, listObjects, putObject } from './objects.ts';
import * as operations from './operations.ts';
import { readObject } from './reading.ts';
import { putSigned, readSigned, signUrl } from './signed.ts';
import * as uploadOperations from './upload-operations.ts';
import { abortUpload, completeUpload, putPart, startUpload } from './uploads.ts';
import { mountWebhooks } from './webhooks.ts';

export { bucketErrors } from './errors.ts';

type Params = { bucket?: string; id?: string; upload_id?: string; n?: string; delivery_id?: string };
type Answer = (exchange: Exchange, params: Params) => Response | Promise<Response>;

/** Mounts the bucket API (docs/contract/buckets.md). */
export function mountBucketApi(app: Elysia, api: BucketApi): void {
  const method = (answer: Answer, operation: Operation) => ({ handler: counted(answer, api), operation });
  const inBucket = (
    answer: (exchange: Exchange, api: BucketApi, bucket: string) => Response | Promise<Response>,
    operation: Operation,
  ) => method((exchange, { bucket = '' }) => answer(exchange, api, bucket), operation);

  mountResource(app, '/v1/buckets', {
    POST: method((exchange) => createBucket(exchange, api), bucketOperations.createBucketOperation),
    GET: method((exchange) => listBuckets(exchange, api), bucketOperations.listBucketsOperation),
  });
  mountResource(
    app,
    '/v1/buckets/:bucket',
    {
      GET: inBucket(readBucket, bucketOperations.readBucketOperation),
      PATCH: inBucket(updateBucket, bucketOperations.updateBucketOperation),
      DELETE: inBucket(deleteBucket, bucketOperations.deleteBucketOperation),
    },
    // The URL of an object whose key is `x/../..` resolves to the bucket's with a slash at the end.
    { exact: true },
  );
  mountObjects(app, api, inBucket);
  const withParams = (
    answer: (exchange: Exchange, api: BucketApi, params: Params) => Promise<Response>,
    operation: Operation,
  ) => method((exchange, params) => answer(exchange, api, params), operation);
  mountResource(app, '/v1/buckets/:bucket/uploads', {
    POST: withParams(startUpload, uploadOperations.startUploadOperation),
  });
  mountResource(app, '/v1/buckets/:bucket/uploads/:upload_id', {
    DELETE: withParams(abortUpload, uploadOperations.abortUploadOperation),
  });
  mountResource(app, '/v1/buckets/:bucket/uploads/:upload_id/complete', {
    POST: withParams(completeUpload, uploadOperations.completeUploadOperation),
  });
  mountResource(app, '/v1/buckets/:bucket/uploads/:upload_id/parts/:n', {
    PUT: withParams(putPart, uploadOperations.putPartOperation),
  });
  mountResource(app, '/v1/buckets/:bucket/sign', { POST: inBucket(signUrl, operations.signOperation) });
  mountResource(app, '/signed/:bucket/*', {
    GET: inBucket(readSigned, operations.readSignedOperation),
    PUT: inBucket(putSigned, operations.putSignedOperation),
  });
  mountResource(app, '/v1/keys', {
    POST: method((exchange) => createKey(exchange, api), operations.createKeyOperation),
    GET: method((exchange) => listKeys(exchange, api), operations.listKeysOperation),
  });
  mountResource(app, '/v1/keys/:id', {
    DELETE: method((exchange, { id = '' }) => revokeKey(exchange, api, id), operations.revokeKeyOperation),
  });
  mountResource(app, '/v1/account', {
    GET: method((exchange) => readAccount(exchange, api), operations.accountOperation),
  });
  mountWebhooks(app, api, method);
  mountErrorPages(app);
}

/** The paths under those of objects that have a POST beside. */
const hasPost = /\/objects\/(?:batch-delete|.+\/copy)$/;

function mountObjects(
  app: Elysia,
  api: BucketApi,
  inBucket: (
    answer: (exchange: Exchange, api: BucketApi, bucket: string) => Response | Promise<Response>,
    operation: Operation,
  ) => NonNullable<Methods['GET']>,
): void {
  mountResource(app, '/v1/buckets/:bucket/objects', {
    GET: inBucket(listObjects, objectOperations.listObjectsOperation),
  });
  // Any other method at this path is about an object of that name.
  mountResource(
    app,
    '/v1/buckets/:bucket/objects/batch-delete',
    { POST: inBucket(deleteObjects, objectOperations.deleteObjectsOperation) },
    { openEnded: true },
  );
  const one = {
    PUT: inBucket(putObject, objectOperations.putObjectOperation),
    GET: inBucket(readObject, objectOperations.readObjectOperation),
    DELETE: inBucket(deleteObject, objectOperations.deleteObjectOperation),
  };
  const allowed = allowedMethods(one);
  const copy = (exchange: Exchange, _: BucketApi, bucket: string) =>
    copyObject(exchange, api, bucket, allowed);
  mountResource(
    app,
    '/v1/buckets/:bucket/objects/*',
    { ...one, POST: inBucket(copy, objectOperations.copyObjectOperation) },
    { allowed: ({ path }) => (hasPost.test(path) ? `${allowed}, POST` : allowed) },
  );
}

/** Counts the call for the account whose key came along. */
function counted(answer: Answer, { traffic }: BucketApi): Handler {
  return (exchange, params) => {
    if (exchange.credential) traffic.note(exchange.credential.account.id, 1, 0, 0);
    return answer(exchange, params);
  };
}

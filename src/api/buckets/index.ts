import type { Elysia } from 'elysia';
import { mountEndpoints } from '../shared/endpoint.ts';
import type { Exchange } from '../shared/exchange.ts';
import {
  allowedMethods,
  type Handler,
  type Methods,
  mountResource,
  type Operation,
} from '../shared/resource.ts';
import type { BucketApi } from './api.ts';
import * as createBucket from './buckets/create-bucket.ts';
import * as deleteBucket from './buckets/delete-bucket.ts';
import * as listBuckets from './buckets/list-buckets.ts';
import * as readBucket from './buckets/read-bucket.ts';
import * as updateBucket from './buckets/update-bucket.ts';
import { mountErrorPages } from './error-pages.ts';
import * as createKey from './keys/create-key.ts';
import * as listKeys from './keys/list-keys.ts';
import * as revokeKey from './keys/revoke-key.ts';
import * as objectOperations from './object-operations.ts';
import { copyObject, deleteObject, deleteObjects, listObjects, putObject } from './objects.ts';
import * as operations from './operations.ts';
import * as readAccount from './read-account.ts';
import { readObject } from './reading.ts';
import * as signUrl from './sign-url.ts';
import { putSigned, readSigned } from './signed.ts';
import * as uploadOperations from './upload-operations.ts';
import { abortUpload, completeUpload, putPart, startUpload } from './uploads.ts';
import * as createWebhook from './webhooks/create-webhook.ts';
import * as deleteWebhook from './webhooks/delete-webhook.ts';
import * as deliveries from './webhooks/deliveries.ts';
import * as listWebhooks from './webhooks/list-webhooks.ts';
import * as readWebhook from './webhooks/read-webhook.ts';
import * as updateWebhook from './webhooks/update-webhook.ts';

export { bucketErrors } from './errors.ts';

type Endpoints = Parameters<typeof mountEndpoints>[1];
type Params = { bucket?: string; upload_id?: string; n?: string };
type Answer = (exchange: Exchange, params: Params) => Response | Promise<Response>;

/** Mounts the bucket API (docs/contract/buckets.md). */
export function mountBucketApi(app: Elysia, api: BucketApi): void {
  const method = (answer: Answer, operation: Operation) => ({ handler: counted(answer, api), operation });
  const inBucket = (
    answer: (exchange: Exchange, api: BucketApi, bucket: string) => Response | Promise<Response>,
    operation: Operation,
  ) => method((exchange, { bucket = '' }) => answer(exchange, api, bucket), operation);

  const mount = (endpoints: Endpoints, options?: Parameters<typeof mountEndpoints>[2]) =>
    mountEndpoints(
      app,
      endpoints.map((one) => ({ ...one, handler: counted(one.handler, api) })),
      options,
    );
  // The URL of an object whose key is `x/../..` resolves to the bucket's with a slash at the end.
  mount([readBucket.read(api), updateBucket.update(api), deleteBucket.remove(api)], { exact: true });
  mount([
    createBucket.create(api),
    listBuckets.list(api),
    signUrl.sign(api),
    createKey.create(api),
    listKeys.list(api),
    revokeKey.revoke(api),
    readAccount.read(api),
    createWebhook.create(api),
    listWebhooks.list(api),
    readWebhook.read(api),
    updateWebhook.update(api),
    deleteWebhook.remove(api),
    deliveries.list(api),
    deliveries.retry(api),
  ]);
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
  mountResource(app, '/signed/:bucket/*', {
    GET: inBucket(readSigned, operations.readSignedOperation),
    PUT: inBucket(putSigned, operations.putSignedOperation),
  });
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

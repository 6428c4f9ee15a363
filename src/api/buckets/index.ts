import type { Elysia } from 'elysia';
import { methodsOf, mountEndpoints } from '../shared/endpoints/endpoint.ts';
import type { Handler } from '../shared/endpoints/resource.ts';
import type { Exchange } from '../shared/exchange.ts';
import type { BucketApi } from './api.ts';
import * as createBucket from './buckets/create-bucket.ts';
import * as deleteBucket from './buckets/delete-bucket.ts';
import * as listBuckets from './buckets/list-buckets.ts';
import * as readBucket from './buckets/read-bucket.ts';
import * as updateBucket from './buckets/update-bucket.ts';
import { readPage } from './error-pages.ts';
import * as createKey from './keys/create-key.ts';
import * as listKeys from './keys/list-keys.ts';
import * as revokeKey from './keys/revoke-key.ts';
import { allowedAt, copy } from './objects/copy-object.ts';
import * as deleteObjects from './objects/delete-objects.ts';
import * as listObjects from './objects/list-objects.ts';
import * as putObject from './objects/put-object.ts';
import * as readObject from './objects/read-object.ts';
import * as readAccount from './read-account.ts';
import * as putSigned from './signed/put-signed.ts';
import * as readSigned from './signed/read-signed.ts';
import * as signUrl from './signed/sign-url.ts';
import * as finishUpload from './uploads/finish-upload.ts';
import * as putPart from './uploads/put-part.ts';
import * as startUpload from './uploads/start-upload.ts';
import * as createWebhook from './webhooks/create-webhook.ts';
import * as deleteWebhook from './webhooks/delete-webhook.ts';
import * as deliveries from './webhooks/deliveries.ts';
import * as listWebhooks from './webhooks/list-webhooks.ts';
import * as readWebhook from './webhooks/read-webhook.ts';
import * as updateWebhook from './webhooks/update-webhook.ts';

export { bucketErrors } from './errors.ts';

/** Mounts the bucket API (docs/contract/buckets.md). */
export function mountBucketApi(app: Elysia, api: BucketApi): void {
  const mount = (
    endpoints: Parameters<typeof mountEndpoints>[1],
    options?: Parameters<typeof mountEndpoints>[2],
  ) =>
    mountEndpoints(
      app,
      endpoints.map((one) => ({ ...one, handler: counted(one.handler, api) })),
      options,
    );
  // The URL of an object with the key `x/../..` resolves to that of the bucket, with a slash at the end.
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
    listObjects.list(api),
    startUpload.start(api),
    putPart.put(api),
    finishUpload.complete(api),
    finishUpload.abort(api),
    readSigned.read(api),
    putSigned.put(api),
  ]);
  mount([deleteObjects.removeMany(api)], { openEnded: true });
  const ofObject = [putObject.put(api), readObject.read(api), deleteObjects.remove(api)];
  const allowed = ({ path }: Exchange) => allowedAt(path, methodsOf(ofObject));
  mount([...ofObject, copy(api, allowed)], { allowed });
  mountEndpoints(app, [readPage]);
}

/** Counts the request in the traffic of its account. */
function counted(handler: Handler, { traffic }: BucketApi): Handler {
  return (exchange, params) => {
    if (exchange.credential) traffic.note(exchange.credential.account.id, 1, 0, 0);
    return handler(exchange, params);
  };
}

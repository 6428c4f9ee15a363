import { ApiKeys } from '../core/accounts/api-keys.ts';
import { TrafficCounters } from '../core/accounts/traffic.ts';
import { BucketObjects } from '../core/buckets/bucket-objects.ts';
import { Buckets } from '../core/buckets/buckets.ts';
import { MultipartCompletions } from '../core/buckets/multipart-completions.ts';
import { MultipartUploads } from '../core/buckets/multipart-uploads.ts';
import { ObjectCopies } from '../core/buckets/object-copies.ts';
import { ObjectLists } from '../core/buckets/object-lists.ts';
import { ObjectPublisher } from '../core/buckets/object-publisher.ts';
import { SignedUrls } from '../core/buckets/signed-urls.ts';
import { Webhooks } from '../core/webhooks/webhooks.ts';
import type { Dependencies } from './dependencies.ts';
import type { createFiles } from './files.ts';

/** Buckets, and the objects that programs put into them. */
export function createBuckets(
  { config, stores, blobs, placement, idempotency, clock, timers }: Dependencies,
  {
    plans,
    reservations,
    signer,
    outbound,
    remoteCalls,
    webhookSecret: secretOf,
  }: ReturnType<typeof createFiles>,
) {
  const buckets = new Buckets({ store: stores.buckets, idempotency, signer, maxTtl: config.maxTtl, clock });
  const objectStores = { objects: stores.objects, writes: stores.objectWrites, accounts: stores.accounts };
  const publisher = new ObjectPublisher(objectStores, clock);
  const bucketObjects = new BucketObjects({
    settings: config,
    stores: objectStores,
    buckets,
    plans,
    publisher,
    placement,
    idempotency,
    clock,
  });
  const multipartStores = { ...objectStores, ...stores, direct: blobs.direct };
  const multipartUploads = new MultipartUploads({
    settings: config,
    stores: multipartStores,
    buckets,
    plans,
    reservations,
    placement,
    idempotency,
    clock,
  });
  return {
    buckets,
    bucketObjects,
    objectCopies: new ObjectCopies({
      buckets,
      objects: bucketObjects,
      plans,
      publisher,
      placement,
      idempotency,
      maxUploadTime: config.maxUploadTime,
    }),
    objectLists: new ObjectLists(stores.objects, signer, clock),
    multipartUploads,
    multipartCompletions: new MultipartCompletions({
      stores: multipartStores,
      uploads: multipartUploads,
      buckets,
      placement,
      idempotency,
      clock,
    }),
    signedUrls: new SignedUrls({ buckets, stores, idempotency, signer, clock }),
    apiKeys: new ApiKeys({ store: stores.accounts, idempotency, signer, clock }),
    webhooks: new Webhooks(
      { store: stores.webhooks, outbound, remoteCalls, secretOf },
      idempotency,
      signer,
      clock,
    ),
    traffic: new TrafficCounters(stores.traffic, clock, timers),
  };
}

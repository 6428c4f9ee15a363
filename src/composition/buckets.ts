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

/** Builds the components of the bucket API. */
export function createBuckets(
  dependencies: Dependencies,
  { reservations, signer, outbound, remoteCalls, webhookSecret: secretOf }: ReturnType<typeof createFiles>,
) {
  const { settings, stores, blobs, clock, timers } = dependencies;
  const { maxTtl, maxUploadTime } = settings;
  const buckets = new Buckets({ ...dependencies, store: stores.buckets, signer, maxTtl });
  const objectStores = { ...stores, writes: stores.objectWrites };
  const publisher = new ObjectPublisher(objectStores, clock);
  const shared = { ...dependencies, buckets, publisher, reservations, signer, maxUploadTime };
  const bucketObjects = new BucketObjects({ ...shared, stores: objectStores });
  const multipart = { ...shared, stores: { ...objectStores, direct: blobs.direct } };
  const multipartUploads = new MultipartUploads(multipart);
  return {
    buckets,
    bucketObjects,
    objectCopies: new ObjectCopies({ ...shared, objects: bucketObjects }),
    objectLists: new ObjectLists(stores.objects, signer, clock),
    multipartUploads,
    multipartCompletions: new MultipartCompletions({ ...multipart, uploads: multipartUploads }),
    signedUrls: new SignedUrls(shared),
    apiKeys: new ApiKeys({ ...shared, store: stores.accounts }),
    webhooks: new Webhooks({ ...shared, store: stores.webhooks, outbound, remoteCalls, secretOf }),
    traffic: new TrafficCounters(stores.traffic, clock, timers),
  };
}

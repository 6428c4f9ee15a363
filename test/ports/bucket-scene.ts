import { beforeEach } from 'bun:test';
import { admission } from '../../src/core/buckets/admission.ts';
import { type Conditions, requireConditions } from '../../src/core/buckets/conditions.ts';
import { telling } from '../../src/core/buckets/object-events.ts';
import { objectNotFound } from '../../src/core/buckets/publication.ts';
import type { Seal } from '../../src/core/idempotency.ts';
import { newHashId, newShortId, newTimedId } from '../../src/core/ids.ts';
import type { AccountStore, NewAccount } from '../../src/core/ports/account-store.ts';
import type { BlobJournal } from '../../src/core/ports/blob-journal.ts';
import type { BucketStore, StoredBucket } from '../../src/core/ports/bucket-store.ts';
import type { PlacedContent } from '../../src/core/ports/content.ts';
import type { IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import type { ObjectStore, StoredObject } from '../../src/core/ports/object-store.ts';
import type {
  MultipartStore,
  NewObject,
  ObjectWrites,
  WriteOptions,
  Written,
} from '../../src/core/ports/object-writes.ts';
import type { PayloadUploadStore } from '../../src/core/ports/payload-upload-store.ts';
import type { SubscriptionStore } from '../../src/core/ports/subscription-store.ts';
import type { Quota, UploadStore } from '../../src/core/ports/upload-store.ts';
import type { WebhookStore } from '../../src/core/ports/webhook-store.ts';
import { blobContent, inlineContent, someAccount } from '../stores/some-object.ts';
import { firstOf, type OpenConnections, openedForSuite } from './connections.ts';
import { idempotentRequest } from './idempotent-request.ts';
import { listenTo } from './listener.ts';

/** The ports that the suites of buckets use, over one connection to a database. */
export type BucketStores = {
  accounts: AccountStore;
  buckets: BucketStore;
  objects: ObjectStore;
  objectWrites: ObjectWrites;
  multipart: MultipartStore;
  uploads: UploadStore;
  payloadUploads: PayloadUploadStore;
  journal: BlobJournal;
  idempotency: IdempotencyStore;
  subscriptions: SubscriptionStore;
  webhooks: WebhookStore;
  close(): Promise<void>;
};

export type OpenBucketStores = OpenConnections<BucketStores>;

export const now = Date.UTC(2025, 2, 1);
/** When the lease of a blob that is being written ends. */
export const leaseEnd = now + 60_000;

export const nothingHeld = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** Under which conditions a write is made, within which quota, and which idempotent request keeps its result. */
export type WriteTerms<Result> = Conditions & Partial<Quota> & { at?: number; seal?: Seal<Result> };

/** The options that the core gives to a write that makes an object of `size` bytes. */
export function writeOptions<Result>(
  size: number,
  { at = now, seal, maxStoredBytes = null, maxObjects = null, ...terms }: WriteTerms<Result> = {},
): WriteOptions<Result> {
  const { ifMatch, ifNoneMatch, ifUnmodifiedSince } = terms;
  const plan = { name: 'some plan', maxStoredBytes, maxObjects, maxObjectBytes: null, lifetime: null };
  return {
    admit: admission(plan, size, { ifMatch, ifNoneMatch, ifUnmodifiedSince }),
    tell: telling(at, 'object.created'),
    tellExpired: telling(at, 'object.expired'),
    seal,
  };
}

/** The options that the core gives to a removal, which is refused where there is no object. */
export function removalOptions({
  at = now,
  seal,
  ...conditions
}: Omit<WriteTerms<null>, keyof Quota> = {}): WriteOptions<null> {
  return {
    admit: ({ current }) => {
      if (current === undefined) throw objectNotFound();
      requireConditions(conditions, current);
    },
    tell: telling(at, 'object.deleted'),
    tellExpired: telling(at, 'object.expired'),
    seal,
  };
}

/** The options that the core gives to a removal of many objects. */
export function batchOptions(at = now): Omit<WriteOptions<string[]>, 'admit'> {
  return { tell: telling(at, 'object.deleted'), tellExpired: telling(at, 'object.expired') };
}

/** An object without its bytes, of text and without an expiry, unless something else is given. */
export function newObject(given: Partial<NewObject> & Pick<NewObject, 'bucket' | 'key'>): NewObject {
  const { bucket, key, at = now, id = newTimedId(at), etag = newHashId(), expiresAt = null } = given;
  const { mediaType = 'text/plain', contentEncoding = null, metadata = {}, digest = null } = given;
  return { bucket, id, key, mediaType, contentEncoding, metadata, digest, etag, at, expiresAt };
}

/** What a put may be given beside the key. */
export type PutTerms = Partial<Omit<NewObject, 'key'>> &
  WriteTerms<Written> & { placed?: PlacedContent; via?: BucketStores };

export type BucketScene = Awaited<ReturnType<typeof bucketScene>>;

/** Opens the stores once for a suite, and gives each of its tests an account with a bucket of its own. */
export function bucketSceneOf(open: OpenBucketStores): () => BucketScene {
  const connections = openedForSuite(open);
  let scene: BucketScene;
  beforeEach(async () => {
    scene = await bucketScene(connections());
  });
  return () => scene;
}

async function bucketScene(connections: BucketStores[]) {
  const stores = firstOf(connections);

  async function insertAccount(given: Partial<NewAccount> = {}): Promise<NewAccount> {
    const made = someAccount({ plan: 'free', claimHash: null, ...given });
    await stores.accounts.insert(made);
    return made;
  }
  const account = await insertAccount();

  /** A bucket that was not inserted yet. */
  function bucketOf(given: Partial<StoredBucket> = {}): StoredBucket {
    return {
      ...{ id: newShortId(), accountId: account.id, name: `bucket-${newShortId()}` },
      ...{ isPublic: false, defaultTtl: null, createdAt: now },
      ...given,
    };
  }
  async function insertBucket(given: Partial<StoredBucket> = {}): Promise<StoredBucket> {
    const made = bucketOf(given);
    await stores.buckets.insert(made, () => undefined);
    return made;
  }
  const bucket = await insertBucket();

  /** Content in the blob store, with the journal record that its writer holds. */
  async function blob(size: number, leaseUntil = leaseEnd): Promise<PlacedContent & { key: string }> {
    const key = newHashId();
    await stores.journal.reserve(key, leaseUntil);
    return { ...blobContent(key, size), key };
  }

  /** Puts an object of ten bytes of text, unless something else is given. */
  function put(key: string, terms: PutTerms = {}): Promise<Written | undefined> {
    const { placed = inlineContent(10), via = stores } = terms;
    const object = newObject({ bucket, ...terms, key });
    return via.objectWrites.put(object, placed, writeOptions(placed.size, terms));
  }

  /** Puts an object that has to be stored. */
  async function putObject(key: string, terms: PutTerms = {}): Promise<StoredObject> {
    const written = await put(key, terms);
    if (written === undefined) throw new Error('the record of the blob is gone');
    return written.object;
  }

  return {
    ...{ connections, stores, account, bucket },
    ...{ insertAccount, bucketOf, insertBucket, blob, put, putObject },
    read: (key: string, of = bucket) => stores.objects.read(of.id, key),
    usage: () => stores.accounts.usage(account.id),
    /** What a bucket holds that has not expired: the number of objects and their bytes. */
    async held(of = bucket, at = now) {
      const usage = await stores.buckets.usage(of.id, at);
      return usage && { objectCount: usage.objectCount, sizeBytes: usage.sizeBytes };
    },
    /** Those of these blobs that a sweep removes at `at`, in the order in which they were given. */
    async due(blobs: { key: string }[], at = now): Promise<string[]> {
      const claimed = await stores.journal.claimDue(at, at + 60_000, 100_000);
      const keys = new Set(claimed.map(({ key }) => key));
      return blobs.map(({ key }) => key).filter((key) => keys.has(key));
    },
    /** Whether the record of a blob is still its writer's. */
    isWriters: ({ key }: { key: string }) => stores.journal.renew(key, leaseEnd),
    listen: (events?: string[]) => listenTo(stores, account.id, now, events),
    request: <Result>() => idempotentRequest<Result>(stores.idempotency, now),
  };
}

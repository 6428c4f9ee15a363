import { beforeEach } from 'bun:test';
import { type Conditions, requireConditions } from '../../src/core/buckets/conditions.ts';
import { eventsAbout } from '../../src/core/buckets/object-events.ts';
import { objectNotFound } from '../../src/core/buckets/object-publisher.ts';
import { requireWithinQuota } from '../../src/core/files/quotas.ts';
import { newHashId, newShortId, newTimedId } from '../../src/core/ids.ts';
import type { AccountStore, NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { BucketStore, StoredBucket } from '../../src/core/ports/buckets/bucket-store.ts';
import type { ObjectStore, StoredObject } from '../../src/core/ports/buckets/object-store.ts';
import type {
  NewObject,
  ObjectWrites,
  WriteOptions,
  Written,
} from '../../src/core/ports/buckets/object-writes.ts';
import type { BlobJournal } from '../../src/core/ports/content/blob-journal.ts';
import type { LeaseLost, PlacedContent } from '../../src/core/ports/content/content.ts';
import type { UploadStore } from '../../src/core/ports/files/upload-store.ts';
import type { IdempotencyStore, Seal } from '../../src/core/ports/idempotency-store.ts';
import type { Quota, QuotaExceeded } from '../../src/core/ports/limits/quota.ts';
import type { Outbox } from '../../src/core/ports/webhooks/outbox.ts';
import type { WebhookStore } from '../../src/core/ports/webhooks/webhook-store.ts';
import { leaseTime } from './claims.ts';
import { addReceiver } from './event-receiver.ts';
import { idempotentRequest } from './idempotent-request.ts';
import { type Connections, type Open, openedForSuite } from './opened.ts';
import { blobContent, inlineContent, someAccount } from './some-object.ts';

/** The ports that the suites of buckets use, over one connection to a database. */
export type BucketStores = {
  accounts: AccountStore;
  buckets: BucketStore;
  objects: ObjectStore;
  objectWrites: ObjectWrites;
  uploads: UploadStore;
  journal: BlobJournal;
  idempotency: IdempotencyStore;
  webhooks: WebhookStore;
  outbox: Outbox;
  /** How often these stores called `onEntered` of `OutboxOptions`. */
  entered: { times: number };
};

export type OpenBucketStores = Open<BucketStores>;

export const now = Date.UTC(2025, 2, 1);
export const nothingHeld = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The conditions and the quota of a write, and the seal of its idempotent request. */
export type WriteTerms<Result> = Conditions & Partial<Quota> & { at?: number; seal?: Seal<Result> };

/** The options that the core passes to a write of an object. */
export function writeOptions<Result>({
  at = now,
  seal,
  ...terms
}: WriteTerms<Result> = {}): WriteOptions<Result> {
  const { ifMatch, ifNoneMatch, ifUnmodifiedSince } = terms;
  return {
    admit: (current) => requireConditions({ ifMatch, ifNoneMatch, ifUnmodifiedSince }, current),
    events: eventsAbout(at, 'object.created'),
    expiredEvents: eventsAbout(at, 'object.expired'),
    seal,
  };
}

/** The options that the core passes to a delete: it fails if there is no object. */
export function removalOptions({
  at = now,
  seal,
  ...conditions
}: Omit<WriteTerms<null>, keyof Quota> = {}): WriteOptions<null> {
  return {
    admit: (current) => {
      if (current === undefined) throw objectNotFound();
      requireConditions(conditions, current);
    },
    events: eventsAbout(at, 'object.deleted'),
    expiredEvents: eventsAbout(at, 'object.expired'),
    seal,
  };
}

/** The options that the core passes to a batch delete. */
export function batchOptions(at = now): Omit<WriteOptions<string[]>, 'admit'> {
  return { events: eventsAbout(at, 'object.deleted'), expiredEvents: eventsAbout(at, 'object.expired') };
}

/** A text object without an expiry, unless the caller overrides that. */
export function newObject(given: Partial<NewObject> & Pick<NewObject, 'bucket' | 'key'>): NewObject {
  const { bucket, key, at = now, id = newTimedId(at), etag = newHashId(), expiresAt = null } = given;
  const { mediaType = 'text/plain', contentEncoding = null, metadata = {}, digest = null } = given;
  return { bucket, id, key, mediaType, contentEncoding, metadata, digest, etag, at, expiresAt };
}

/** The object that a put stored; undefined if the put lost its lease. */
export const objectOf = (written: Written | QuotaExceeded | LeaseLost | undefined) =>
  typeof written === 'object' ? written.object : undefined;

export type PutTerms = Partial<Omit<NewObject, 'key'>> &
  WriteTerms<Written> & { placed?: PlacedContent; via?: BucketStores };

export type BucketScene<Stores extends BucketStores = BucketStores> = Awaited<
  ReturnType<typeof bucketScene<Stores>>
>;

/** Opens the stores once for a suite, and gives each of its tests an account with a bucket of its own. */
export function bucketSceneOf<Stores extends BucketStores>(
  open: Open<Stores>,
  connectionCount = 1,
): () => BucketScene<Stores> {
  const connections = openedForSuite(open, connectionCount);
  let scene: BucketScene<Stores>;
  beforeEach(async () => {
    scene = await bucketScene(connections());
  });
  return () => scene;
}

async function bucketScene<Stores extends BucketStores>(connections: Connections<Stores>) {
  const [stores] = connections;

  async function insertAccount(given: Partial<NewAccount> = {}): Promise<NewAccount> {
    const made = someAccount({ plan: 'free', claimHash: null, ...given });
    await stores.accounts.insert(made);
    return made;
  }
  const account = await insertAccount();

  /** A bucket that is not in the store yet. */
  function bucketOf(given: Partial<StoredBucket> = {}): StoredBucket {
    return {
      ...{ id: newShortId(), accountId: account.id, name: `bucket-${newShortId()}` },
      ...{ isPublic: false, defaultTtl: null, createdAt: now },
      ...given,
    };
  }
  async function insertBucket(given: Partial<StoredBucket> = {}): Promise<StoredBucket> {
    const made = bucketOf(given);
    await stores.buckets.insert(made, 1000);
    return made;
  }
  const bucket = await insertBucket();

  /** Content in the blob store, and the journal record of its writer. */
  async function blob(size: number, at = now, lease = leaseTime): Promise<PlacedContent & { key: string }> {
    const key = newHashId();
    await stores.journal.reserve(key, at, lease);
    return { ...blobContent(key, size), key };
  }

  /** Puts ten bytes of text, unless the caller overrides that. Like the core, throws if a quota is exceeded. */
  async function put(key: string, terms: PutTerms = {}): Promise<Written | LeaseLost> {
    const { placed = inlineContent(10), via = stores, maxStoredBytes = null, maxObjects = null } = terms;
    const quota = { maxStoredBytes, maxObjects };
    const object = newObject({ bucket, ...terms, key });
    return requireWithinQuota(await via.objectWrites.put(object, placed, quota, writeOptions(terms)), quota);
  }

  /** Puts an object and throws if it was not stored. */
  async function putObject(key: string, terms: PutTerms = {}): Promise<StoredObject> {
    const written = await put(key, terms);
    if (written === 'lease_lost') throw new Error('the record of the blob is gone');
    return written.object;
  }

  return {
    ...{ connections, stores, account, bucket },
    ...{ insertAccount, bucketOf, insertBucket, blob, put, putObject },
    read: (key: string, of = bucket) => stores.objects.read(of.id, key),
    usage: () => stores.accounts.usage(account.id),
    /** The number and the bytes of the unexpired objects in a bucket. */
    async held(of = bucket, at = now) {
      const usage = await stores.buckets.usage(of.id, at);
      return usage && { objectCount: usage.objectCount, sizeBytes: usage.sizeBytes };
    },
    /** The keys of the given blobs that are due for deletion at `at`, in the order given. */
    async due(blobs: { key: string }[], at = now): Promise<string[]> {
      const claimed = await stores.journal.claimDue(at, 60_000, 100_000);
      const keys = new Set(claimed.map(({ key }) => key));
      return blobs.map(({ key }) => key).filter((key) => keys.has(key));
    },
    /** Whether the writer of a blob still owns its journal record. */
    isWriters: ({ key }: { key: string }) => stores.journal.renew(key, now, leaseTime),
    addReceiver: (events?: string[]) => addReceiver(stores, account.id, now, events),
    request: <Result>() => idempotentRequest<Result>(stores.idempotency, now),
  };
}

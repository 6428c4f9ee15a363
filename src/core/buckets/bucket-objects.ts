import type { Plans } from '../accounts/plans.ts';
import { requireMediaType } from '../coding/media-type.ts';
import { readToEnd } from '../content/counted-bytes.ts';
import type { Placement } from '../content/placement.ts';
import { endOf, isExpired, requireTtl } from '../expiry.ts';
import { type FailureCode, tooLarge } from '../failure.ts';
import { maxBytes } from '../files/quotas.ts';
import type { Idempotency, IdempotentRequest, Outcome } from '../idempotency.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import { BlobMissing, type ByteRange } from '../ports/blob-store.ts';
import type { StoredBucket } from '../ports/bucket-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectContent } from '../ports/content.ts';
import type { ContentCoding } from '../ports/content-coding.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import type { ObjectStore, StoredObject } from '../ports/object-store.ts';
import type { ObjectWrites, Written } from '../ports/object-writes.ts';
import type { Buckets } from './buckets.ts';
import { type Checksums, checked, requireChecksums } from './checksums.ts';
import { type Conditions, requireConditions } from './conditions.ts';
import { eventsAbout } from './object-events.ts';
import { invalidKey, isObjectKey, requireNewKey, requireObjectKey } from './object-key.ts';
import { requireObjectMetadata } from './object-metadata.ts';
import { type ObjectDraft, type ObjectPublisher, objectNotFound } from './object-publisher.ts';

export type ObjectRequest = {
  key: string;
  mediaType: string;
  contentEncoding: ContentCoding | null;
  metadata: Record<string, string>;
  /** Seconds, or a duration such as `10m`; the bucket's default where it is not told. */
  ttl?: string;
  conditions: Conditions;
  checksums: Checksums;
  /** The most bytes that it may have, where that is less than what the plan and the server allow. */
  most?: number;
};

/** The bytes of an object to be. Their announced number is undefined where it was not told. */
export type ObjectBody = {
  declaredSize: number | undefined;
  chunks: AsyncIterable<Uint8Array>;
  /** Reads few bytes at once, which costs less than a stream; missing where there may be many. */
  atOnce?: () => Promise<Uint8Array>;
};

/** An object and where its bytes are. */
export type ReadObject = { object: StoredObject; content: ObjectContent };

export type ObjectBytes = string | Uint8Array | ReadableStream<Uint8Array>;

type BucketObjectSettings = {
  /** The largest object there may be (bytes). */
  maxObjectSize: number;
  /** How long an object may live at most that is told how long (ms). */
  maxTtl: number;
};

type BucketObjectStores = { objects: ObjectStore; writes: ObjectWrites };

/** What a batch of deletions did: the keys that were deleted, and why the others were not. */
export type BatchDeletion = {
  deleted: string[];
  failures: { key: string; code: FailureCode; message: string }[];
};

type BucketObjectsDeps = {
  settings: BucketObjectSettings;
  stores: BucketObjectStores;
  buckets: Buckets;
  plans: Plans;
  publisher: ObjectPublisher;
  placement: Placement;
  idempotency: Idempotency;
  clock: Clock;
};

/** Objects under keys of buckets: put, read, removed. */
export class BucketObjects {
  readonly #deps: BucketObjectsDeps;

  constructor(deps: BucketObjectsDeps) {
    this.#deps = deps;
  }

  /**
   * Puts an object under a key, in place of what is there.
   *
   * @throws Failure `invalid`, `invalid_key`, `bucket_not_found`, `forbidden`, `precondition_failed`, `too_large`,
   *   `bytes_exceeded`, `objects_exceeded`, `no_room`, `store_away`, `idempotency_…`; or whatever `chunks` throws
   *   when it breaks off. In each case nothing is stored and what was there stays.
   */
  async put(
    account: StoredAccount,
    bucketName: string,
    request: ObjectRequest,
    body: ObjectBody,
    once?: IdempotentRequest,
  ): Promise<Outcome<Written>> {
    const { declaredSize, atOnce } = body;
    const most = request.most ?? Number.POSITIVE_INFINITY;
    const work = async (seal?: Seal<Written>) => {
      const bucket = await this.#deps.buckets.find(account, bucketName);
      const draft = this.#draft(account, bucket, request);
      const plan = await this.#deps.plans.find(account.plan);
      const limit = Math.min(maxBytes(plan, this.#deps.settings.maxObjectSize), most);
      const terms = { quota: plan, conditions: request.conditions };
      const publish = this.#deps.publisher.of(draft, terms, seal);
      if (declaredSize !== undefined && declaredSize > limit) throw tooLarge('The object', limit);
      if (atOnce) {
        const bytes = await atOnce();
        requireChecksums(request.checksums, bytes);
        return this.#deps.placement.storeWhole(bytes, bytes.length, publish);
      }
      await this.#deps.publisher.look(bucket, request.key, declaredSize ?? 0, terms);
      const chunks = checked(request.checksums, body.chunks);
      return this.#deps.placement.storeStream({ chunks, declaredSize, limit }, publish);
    };
    const limit = Math.min(this.#deps.settings.maxObjectSize, most);
    const { chunks } = body;
    return this.#deps.idempotency.once(
      once,
      work,
      atOnce ?? (() => readToEnd({ chunks, declaredSize, limit })),
    );
  }

  /** What `read` finds, where that needs no query; undefined says nothing. */
  cached(bucket: StoredBucket, key: string): ReadObject | undefined {
    const found = this.#deps.stores.objects.cached(bucket.id, key);
    return found && !isExpired(found.object.expiresAt, this.#deps.clock()) ? found : undefined;
  }

  /** An object and where its bytes are. @throws Failure `invalid_key`, `not_found` */
  async read(bucket: StoredBucket, key: string): Promise<ReadObject> {
    const found = await this.#deps.stores.objects.read(bucket.id, requireObjectKey(key));
    if (found === undefined || isExpired(found.object.expiresAt, this.#deps.clock())) throw objectNotFound();
    return found;
  }

  /**
   * Opens bytes, whole or a range.
   *
   * @returns Undefined where they are gone: the object was removed or replaced since it was read.
   */
  open(read: ReadObject, range?: ByteRange): ObjectBytes | Promise<ObjectBytes | undefined> {
    const { content } = read;
    if (content.kind === 'inline' && range === undefined) return content.data;
    return this.#open(read, range);
  }

  async #open({ content, object }: ReadObject, range?: ByteRange): Promise<ObjectBytes | undefined> {
    try {
      return await this.#deps.placement.open({ content, size: object.size }, range);
    } catch (error) {
      if (error instanceof BlobMissing) return undefined;
      throw error;
    }
  }

  /** Removes an object. Failures as for `read`, and `precondition_failed`. */
  remove(
    account: StoredAccount,
    bucketName: string,
    key: string,
    conditions: Conditions,
    once?: IdempotentRequest,
  ): Promise<Outcome<null>> {
    return this.#deps.idempotency.once<null>(once, async (seal) => {
      const bucket = await this.#deps.buckets.find(account, bucketName);
      const now = this.#deps.clock();
      await this.#deps.stores.writes.remove(bucket, requireObjectKey(key), now, {
        admit: (current) => {
          if (current === undefined) throw objectNotFound();
          requireConditions(conditions, current);
        },
        events: eventsAbout(now, 'object.deleted'),
        expiredEvents: eventsAbout(now, 'object.expired'),
        seal,
      });
      return null;
    });
  }

  /** Removes many objects, all that are there in one transaction. */
  async removeMany(
    account: StoredAccount,
    bucketName: string,
    keys: string[],
    once?: IdempotentRequest,
  ): Promise<Outcome<BatchDeletion>> {
    const wanted = [...new Set(keys)];
    const { result: deleted, replayed } = await this.#deps.idempotency.once<string[]>(once, async (seal) => {
      const bucket = await this.#deps.buckets.find(account, bucketName);
      const now = this.#deps.clock();
      return this.#deps.stores.writes.removeMany(bucket, wanted.filter(isObjectKey), now, {
        events: eventsAbout(now, 'object.deleted'),
        expiredEvents: eventsAbout(now, 'object.expired'),
        seal,
      });
    });
    // What is kept of an idempotent request is what it did; the failures follow from the request.
    const gone = new Set(deleted);
    const failures = wanted.filter((key) => !gone.has(key)).map(deletionFailure);
    return { result: { deleted, failures }, replayed };
  }

  #draft(account: StoredAccount, bucket: StoredBucket, request: ObjectRequest): ObjectDraft {
    const { key, mediaType, contentEncoding, metadata, ttl, checksums } = request;
    const lifetime = ttl === undefined ? bucket.defaultTtl : requireTtl(ttl, this.#deps.settings.maxTtl);
    return {
      bucket,
      key: requireNewKey(key),
      mediaType: requireMediaType(mediaType),
      contentEncoding,
      metadata: requireObjectMetadata(metadata),
      digest: checksums.sha256 ?? null,
      expiryAt: (now) => endOf(lifetime, now, account.expiresAt),
    };
  }
}

function deletionFailure(key: string): BatchDeletion['failures'][number] {
  const { code, message } = isObjectKey(key) ? objectNotFound() : invalidKey();
  return { key, code, message };
}

import type { Plans } from '../accounts/plans.ts';
import { requireMediaType } from '../coding/media-type.ts';
import type { Placement } from '../content/placement.ts';
import { endOf, isExpired, requireTtl } from '../expiry.ts';
import { type Failure, tooLarge } from '../failure.ts';
import { maxBytes } from '../files/quotas.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { StoredBucket } from '../ports/buckets/bucket-store.ts';
import type { ObjectStore, ReadObject } from '../ports/buckets/object-store.ts';
import type { ObjectWrites, Written } from '../ports/buckets/object-writes.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContentCoding } from '../ports/coding/content-coding.ts';
import { BlobMissing, type ByteRange } from '../ports/content/blob-store.ts';
import type { Seal } from '../ports/idempotency-store.ts';
import { andThen, type MaybePromise } from '../ports/maybe-promise.ts';
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
  /** Seconds, or a duration such as `10m`; the default of the bucket if omitted. */
  ttl?: string;
  conditions: Conditions;
  checksums: Checksums;
  /** A maximum size in addition to those of the plan and the server (bytes). */
  maxSize?: number;
};

/** The content of a new object. `declaredSize` is undefined if the client did not send it. */
export type ObjectBody = {
  declaredSize: number | undefined;
  chunks: AsyncIterable<Uint8Array>;
  /** Reads a small body in one call, which costs less than a stream; missing if the body may be large. */
  atOnce?: () => Promise<Uint8Array>;
};

export type ObjectBytes = string | Uint8Array | ReadableStream<Uint8Array>;

type BucketObjectSettings = {
  /** Bytes. */
  maxObjectSize: number;
  /** The maximum TTL that a request may give (ms). */
  maxTtl: number;
};

type BucketObjectStores = { objects: ObjectStore; writes: ObjectWrites };

type BucketObjectsDeps = {
  settings: BucketObjectSettings;
  stores: BucketObjectStores;
  buckets: Buckets;
  plans: Plans;
  publisher: ObjectPublisher;
  placement: Placement;
  clock: Clock;
};

/** The objects of buckets. */
export class BucketObjects {
  readonly #deps: BucketObjectsDeps;

  constructor(deps: BucketObjectsDeps) {
    this.#deps = deps;
  }

  /** The maximum size of an object under any plan. @param maxSize An additional maximum (bytes) */
  maxSize(maxSize = Number.POSITIVE_INFINITY): number {
    return Math.min(this.#deps.settings.maxObjectSize, maxSize);
  }

  /**
   * Creates or replaces an object.
   *
   * @throws Failure `invalid`, `invalid_key`, `bucket_not_found`, `forbidden`, `precondition_failed`, `too_large`,
   *   `bytes_exceeded`, `objects_exceeded`, `no_room`, `store_away`; or an error of `chunks`. Then
   *   nothing has changed.
   */
  async put(
    account: StoredAccount,
    bucketName: string,
    request: ObjectRequest,
    { declaredSize, chunks, atOnce }: ObjectBody,
    seal?: Seal<Written>,
  ): Promise<Written> {
    const bucket = await this.#deps.buckets.find(account, bucketName);
    const draft = this.#draft(account, bucket, request);
    const plan = await this.#deps.plans.find(account.plan);
    const limit = maxBytes(plan, this.maxSize(request.maxSize));
    const terms = { quota: plan, conditions: request.conditions };
    const publish = this.#deps.publisher.of(draft, terms, seal);
    if (declaredSize !== undefined && declaredSize > limit) throw tooLarge('The object', limit);
    if (atOnce) {
      const bytes = await atOnce();
      requireChecksums(request.checksums, bytes);
      return this.#deps.placement.storeWhole(bytes, bytes.length, publish);
    }
    await this.#deps.publisher.precheck(bucket, request.key, declaredSize ?? 0, terms);
    const verified = checked(request.checksums, chunks);
    return this.#deps.placement.storeStream({ chunks: verified, declaredSize, limit }, publish);
  }

  /** @throws Failure `invalid_key`, `not_found` */
  read(bucket: StoredBucket, key: string): MaybePromise<ReadObject> {
    return andThen(this.#deps.stores.objects.read(bucket.id, requireObjectKey(key)), (found) => {
      if (found === undefined || isExpired(found.object.expiresAt, this.#deps.clock()))
        throw objectNotFound();
      return found;
    });
  }

  /**
   * Opens the bytes of an object, or a range of them.
   *
   * @returns Undefined if the object was removed or replaced since `read`.
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

  /** @throws Failure `invalid_key`, `not_found`, `bucket_not_found`, `forbidden`, `precondition_failed` */
  async remove(
    account: StoredAccount,
    bucketName: string,
    key: string,
    conditions: Conditions,
    seal?: Seal<null>,
  ): Promise<void> {
    const bucket = await this.#deps.buckets.find(account, bucketName);
    const now = this.#deps.clock();
    await this.#deps.stores.writes.remove(bucket, requireObjectKey(key), now, {
      admit: (current) => {
        if (current === undefined) throw objectNotFound();
        requireConditions(conditions, current);
      },
      events: eventsAbout(now, 'object.deleted'),
      seal,
    });
  }

  /** Removes objects in one transaction. @returns The keys that existed. */
  async removeMany(
    account: StoredAccount,
    bucketName: string,
    keys: string[],
    seal?: Seal<string[]>,
  ): Promise<string[]> {
    const bucket = await this.#deps.buckets.find(account, bucketName);
    const now = this.#deps.clock();
    return this.#deps.stores.writes.removeMany(bucket, [...new Set(keys)].filter(isObjectKey), now, {
      events: eventsAbout(now, 'object.deleted'),
      expiredEvents: eventsAbout(now, 'object.expired'),
      seal,
    });
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

/** Why `removeMany` did not remove a key. */
export function deletionFailure(key: string): Failure {
  return isObjectKey(key) ? objectNotFound() : invalidKey();
}

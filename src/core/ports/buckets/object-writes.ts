import type { ContentCoding } from '../coding/content-coding.ts';
import type { LeaseLost, PlacedContent } from '../content/content.ts';
import type { Seal } from '../idempotency-store.ts';
import type { Quota, QuotaExceeded } from '../limits/quota.ts';
import type { StoredBucket } from './bucket-store.ts';
import type { EventFactory, StoredObject } from './object-store.ts';

/** A new object without its bytes. */
export type NewObject = {
  bucket: StoredBucket;
  id: string;
  key: string;
  mediaType: string;
  contentEncoding: ContentCoding | null;
  metadata: Record<string, string>;
  digest: string | null;
  etag: string;
  /** When it is written, and when it expires (ms since the epoch). */
  at: number;
  expiresAt: number | null;
};

/** The object that a write made. `isNew` is false if it replaced another one. */
export type Written = { object: StoredObject; isNew: boolean };

/** Options of every write. */
export type WriteOptions<Result> = {
  /**
   * Gets the object under the key, unless it has expired. Throws a `Failure` to reject the write; then nothing is
   * written.
   */
  admit: (current: StoredObject | undefined) => void;
  /** The events of an expired object that is replaced, and of an object that is made or removed. */
  expiredEvents: EventFactory;
  events: EventFactory;
  seal?: Seal<Result>;
};

/**
 * Writes of objects under keys. Every promise resolves only when the write is durable. Usage, journal, outbox and the
 * answer of an idempotent request change in the transaction of the write.
 *
 * All methods throw Failure `bucket_not_found` if the bucket is gone.
 */
export interface ObjectWrites {
  /** Creates or replaces an object. One that replaces a larger object is always within the quota. */
  put(
    object: NewObject,
    placed: PlacedContent,
    quota: Quota,
    options: WriteOptions<Written>,
  ): Promise<Written | QuotaExceeded | LeaseLost>;

  /** Removes the object under a key. `admit` must throw if there is none. */
  remove(
    bucket: StoredBucket,
    key: string,
    now: number,
    options: Omit<WriteOptions<null>, 'expiredEvents'>,
  ): Promise<void>;

  /** Removes the objects under these keys in one transaction. @returns The keys that existed. */
  removeMany(
    bucket: StoredBucket,
    keys: string[],
    now: number,
    options: Omit<WriteOptions<string[]>, 'admit'>,
  ): Promise<string[]>;
}

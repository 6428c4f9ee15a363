import type { StoredBucket } from './bucket-store.ts';
import type { LeaseLost, PlacedContent } from './content.ts';
import type { ContentCoding } from './content-coding.ts';
import type { Seal } from './idempotency-store.ts';
import type { EventFactory, StoredObject } from './object-store.ts';
import type { Quota, QuotaExceeded } from './quota.ts';

/** An object to be, but for its bytes. */
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

/** The object that a write made. `isNew` tells one that took no other's place. */
export type Written = { object: StoredObject; isNew: boolean };

/** What comes with every write. */
export type WriteOptions<Result> = {
  /**
   * Gets the object under the key, unless it has expired, and throws a `Failure` if the write must not take effect:
   * then nothing is written.
   */
  admit: (current: StoredObject | undefined) => void;
  /** What webhooks are told of an object that expired and is replaced, and of one that is made or removed. */
  expiredEvents: EventFactory;
  events: EventFactory;
  seal?: Seal<Result>;
};

/**
 * Writes of objects under keys, which replace what is there. Every promise resolves only when the write is durable.
 * Usage, journal, outbox and the answer of an idempotent request change in the transaction of the write.
 *
 * All throw Failure `bucket_not_found` where the bucket is gone.
 */
export interface ObjectWrites {
  /** Puts an object under its key. An object that replaces a larger one is always within the quota. */
  put(
    object: NewObject,
    placed: PlacedContent,
    quota: Quota,
    options: WriteOptions<Written>,
  ): Promise<Written | QuotaExceeded | LeaseLost>;

  /** Removes the object under a key. `admit` has to refuse where there is none. */
  remove(bucket: StoredBucket, key: string, now: number, options: WriteOptions<null>): Promise<void>;

  /** Removes the objects under these keys, all in one transaction. @returns Those that were there. */
  removeMany(
    bucket: StoredBucket,
    keys: string[],
    now: number,
    options: Omit<WriteOptions<string[]>, 'admit'>,
  ): Promise<string[]>;
}

import type { Seal } from './idempotency-store.ts';
import type { EventFactory } from './object-store.ts';

/** A bucket of the bucket API. Times and durations are milliseconds. */
export type StoredBucket = {
  id: string;
  accountId: string;
  /** Unique on the server. */
  name: string;
  /** Whether its objects can be read without a key. */
  isPublic: boolean;
  /** How long objects live that are put without a word about it; null for as long as their account. */
  defaultTtl: number | null;
  createdAt: number;
};

/** A bucket and what it holds that has not expired. */
export type BucketWithUsage = StoredBucket & { objectCount: number; sizeBytes: number };

export type BucketChanges = Partial<Pick<StoredBucket, 'isPublic' | 'defaultTtl'>>;

/** Buckets that have a name. Every promise of a write resolves only when the write is durable. */
export interface BucketStore {
  /** Makes a bucket. @param maxBuckets How many an account may have. */
  insert(
    bucket: StoredBucket,
    maxBuckets: number,
    seal?: Seal<BucketWithUsage>,
  ): Promise<'inserted' | 'name_taken' | 'limit_reached'>;

  /** A bucket that is in memory and needs no query; undefined says nothing. It holds for this turn. */
  cached(name: string): StoredBucket | undefined;

  find(name: string): Promise<StoredBucket | undefined>;

  /** A bucket with its usage; undefined where it is gone. */
  usage(id: string, now: number): Promise<BucketWithUsage | undefined>;

  /** Up to `limit` buckets of an account whose names come after `after`, in the order of bytes. */
  list(accountId: string, after: string, now: number, limit: number): Promise<BucketWithUsage[]>;

  /** @returns The bucket after the change. */
  update(
    id: string,
    changes: BucketChanges,
    now: number,
    seal?: Seal<BucketWithUsage>,
  ): Promise<BucketWithUsage | 'gone'>;

  /**
   * Removes up to `limit` of what a bucket holds that has expired, and of its unfinished uploads, where it holds
   * nothing else. @returns How many.
   */
  clear(id: string, now: number, limit: number, events: EventFactory): Promise<number>;

  /**
   * Removes a bucket that holds nothing that has not expired, with what has, and with its unfinished uploads.
   *
   * @returns `not_empty` or `gone` where it did not.
   */
  remove(
    id: string,
    now: number,
    events: EventFactory,
    seal?: Seal<null>,
  ): Promise<'removed' | 'not_empty' | 'gone'>;
}

import type { Seal } from '../idempotency-store.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { EventFactory } from './object-store.ts';

/** A bucket of the bucket API. Times and durations are milliseconds. */
export type StoredBucket = {
  id: string;
  accountId: string;
  /** Unique on the server. */
  name: string;
  /** Whether its objects can be read without a key. */
  isPublic: boolean;
  /** The TTL of objects that are put without one; null for as long as their account. */
  defaultTtl: number | null;
  createdAt: number;
};

/** A bucket with its usage. Expired objects do not count. */
export type BucketWithUsage = StoredBucket & { objectCount: number; sizeBytes: number };

export type BucketChanges = Partial<Pick<StoredBucket, 'isPublic' | 'defaultTtl'>>;

/** Named buckets. Every promise of a write resolves only when the write is durable. */
export interface BucketStore {
  /** @param maxBuckets The maximum number per account. */
  insert(
    bucket: StoredBucket,
    maxBuckets: number,
    seal?: Seal<BucketWithUsage>,
  ): Promise<'inserted' | 'name_taken' | 'limit_reached'>;

  find(name: string): MaybePromise<StoredBucket | undefined>;

  /** A bucket with its usage; undefined if it is gone. */
  usage(id: string, now: number): Promise<BucketWithUsage | undefined>;

  /** Up to `limit` buckets of an account whose names come after `after`, in byte order. */
  list(accountId: string, after: string, now: number, limit: number): Promise<BucketWithUsage[]>;

  /** @returns The bucket after the change. */
  update(
    id: string,
    changes: BucketChanges,
    now: number,
    seal?: Seal<BucketWithUsage>,
  ): Promise<BucketWithUsage | 'gone'>;

  /**
   * Removes up to `limit` expired objects and unfinished uploads of a bucket that holds nothing else.
   *
   * @returns How many were removed.
   */
  clear(id: string, now: number, limit: number, events: EventFactory): Promise<number>;

  /**
   * Removes a bucket whose objects have all expired, with those objects and its unfinished uploads.
   */
  remove(
    id: string,
    now: number,
    events: EventFactory,
    seal?: Seal<null>,
  ): Promise<'removed' | 'not_empty' | 'gone'>;
}

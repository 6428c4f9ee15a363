import type { LeaseLost, ObjectContent, PlacedContent } from './content/content.ts';
import type { Seal } from './idempotency-store.ts';
import type { Quota, QuotaExceeded } from './limits/quota.ts';
import type { MaybePromise } from './maybe-promise.ts';
import type { Swept } from './swept.ts';

/** Times are milliseconds since the epoch, sizes bytes. */
export type StoredPayload = {
  id: string;
  mediaType: string;
  content: ObjectContent;
  size: number;
  /** Whether the bytes are valid UTF-8. */
  isText: boolean;
  createdAt: number;
  expiresAt: number;
  /** The reads left; null if reads are not counted. */
  readsLeft: number | null;
  /** SHA-256 of the delete token; null if deleting needs none. */
  deleteTokenHash: Uint8Array | null;
  /** The file name from the client. */
  name: string | null;
  /** The account that owns it; null if it was created without a key. */
  accountId: string | null;
};

/** A payload whose content is not in parts. */
export type PlacedPayload = StoredPayload & PlacedContent;

/** A payload whose bytes are already in the blob store. */
export type UploadedPayload = Omit<StoredPayload, 'content'> & {
  content: Exclude<ObjectContent, { kind: 'inline' }>;
};

/**
 * Payload rows. Every promise of a write resolves only when the write is durable. A write that discards blobs adds
 * their keys to the journal in the same transaction.
 */
export interface PayloadStore {
  /**
   * Inserts a payload, removes the journal record of its blob, and stores the answer of an idempotent request, all in
   * one transaction. After an unknown outcome the caller repeats the call with the same row: `exists`, which takes
   * precedence over the quota and the lease, then means that the first call took effect. If the quota is exceeded and
   * the lease is lost, either is returned.
   *
   * @param quota The quota of the account.
   */
  insert(
    payload: PlacedPayload,
    seal?: Seal<null>,
    quota?: Quota,
  ): Promise<'stored' | 'exists' | QuotaExceeded | LeaseLost>;

  /** The row, expired or not. */
  find(id: string): MaybePromise<StoredPayload | undefined>;

  /**
   * Takes one counted read of a payload that has not expired; removes the payload with its last read. Atomic: of two
   * readers of the last read, one succeeds.
   *
   * @param token Identifies this read. After an unknown outcome the caller repeats the call with the same token. A
   *   store that may throw `OutcomeUnknown` keeps the token with the read, and takes none for a token that it knows.
   * @returns The reads left after this one; undefined if there was none.
   */
  takeRead(id: string, now: number, token?: string): Promise<number | undefined>;

  /** Removes a payload. @returns Whether there was one that had not expired. */
  remove(id: string, now: number, seal?: Seal<null>): Promise<boolean>;

  /**
   * Removes about `budget` expired rows, roughly the oldest expiry first. Need not be durable at once: rows that a
   * power cut restores are still expired.
   */
  expire(now: number, budget: number): Promise<Swept>;

  /**
   * Removes every counted payload, in transactions of many rows.
   *
   * @returns Their number.
   */
  removeCounted(now: number): Promise<number>;

  /**
   * The earliest expiry of all rows. Rows that the store removes together may count with the latest expiry among them.
   */
  earliestExpiry(): Promise<number | undefined>;
}

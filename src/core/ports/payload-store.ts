import type { LeaseLost, ObjectContent, PlacedContent } from './content.ts';
import type { Seal } from './idempotency-store.ts';
import type { Quota, QuotaExceeded } from './quota.ts';
import type { Swept } from './swept.ts';

/** One payload, as it is kept. Times are milliseconds since the epoch, sizes bytes. */
export type StoredPayload = {
  id: string;
  mediaType: string;
  content: ObjectContent;
  size: number;
  /** Whether the bytes are valid UTF-8, known since they were written. */
  isText: boolean;
  createdAt: number;
  expiresAt: number;
  /** How many reads are left, where they are counted. */
  readsLeft: number | null;
  /** SHA-256 of the delete token, where one is needed to delete. */
  deleteTokenHash: Uint8Array | null;
  /** The file name that it came with. */
  name: string | null;
  /** The account that it belongs to; null where it was created without a key. */
  accountId: string | null;
};

/** A payload that came at once. */
export type PlacedPayload = StoredPayload & PlacedContent;

/** A payload whose bytes are already in the blob store. */
export type UploadedPayload = Omit<StoredPayload, 'content'> & {
  content: Exclude<ObjectContent, { kind: 'inline' }>;
};

/**
 * Payload rows. Every promise of a write resolves only when the write is durable. Writes that let go of
 * blobs enter their keys into the journal in the same transaction.
 */
export interface PayloadStore {
  /**
   * Inserts the row of a payload. One with a blob also takes the blob's record out of the journal. The answer of an
   * idempotent request is kept in the same transaction. After an unknown outcome the caller repeats the call with the
   * same row: `exists`, which precedes every other refusal, then says that the first call took effect.
   *
   * @param quota What the account of the payload may hold.
   */
  insert(
    payload: PlacedPayload,
    seal?: Seal<null>,
    quota?: Quota,
  ): Promise<'stored' | 'exists' | QuotaExceeded | LeaseLost>;

  /**
   * The row, where it is in memory and needs no query; never one with counted reads. Nothing may be awaited
   * between this and its use: it holds for this turn of the event loop.
   */
  cached(id: string): StoredPayload | undefined;

  /** The row, expired or not: the core decides what may still be served. */
  find(id: string): Promise<StoredPayload | undefined>;

  /**
   * Takes one read off a counted payload that has not expired, and removes it with its last one. One
   * conditional statement, so that of two readers one wins.
   *
   * @param token Identifies this read. After an unknown outcome the caller repeats the call with the same token. A
   *   store that may throw `OutcomeUnknown` keeps the token with the read, and takes none for a token that it knows.
   * @returns The reads left after this one, or undefined where there was none to take.
   */
  takeRead(id: string, now: number, token?: string): Promise<number | undefined>;

  /** Removes a row. @returns Whether there was one that had not expired. */
  remove(id: string, now: number, seal?: Seal<null>): Promise<boolean>;

  /**
   * Removes about `budget` expired rows, in the long run the oldest expiry first. Need not be durable at once: rows
   * that a power cut brings back have expired all the same.
   */
  expire(now: number, budget: number): Promise<Swept>;

  /** The earliest expiry of all rows, or undefined where there is none. */
  earliestExpiry(): Promise<number | undefined>;
}

import type { Swept } from './swept.ts';

/** What is kept of an idempotent request. Hashes are hex; the answer is encrypted under the request's key. */
export type IdempotencyRecord = {
  /** SHA-256 over scope and key: the key itself is not kept. */
  id: string;
  /** SHA-256 over what makes the request this request and no other. */
  fingerprint: string;
  /** SHA-256 over streamed content; missing while the first try runs, and where the request did not stream. */
  contentFingerprint?: string | null;
  /** Which try holds the lease. */
  holder: string;
  expiresAt: number;
  /** The encrypted answer; null while the first try runs. */
  answer: Uint8Array | null;
};

/** An encrypted answer. It is kept in the transaction of its write. */
export type Answer = {
  id: string;
  holder: string;
  contentFingerprint?: string;
  sealed: Uint8Array;
};

/**
 * Encrypts the result of a write as the answer to keep. A store calls it in the transaction of a write that takes
 * effect, and keeps the answer with it; null stands for a result that the store does not know.
 */
export type Seal<Result> = (result: Result) => Answer;

export interface IdempotencyStore {
  /**
   * Claims a key for a try, with a lease of `leaseTime` (ms). `record` replaces a record that has expired, and one
   * whose lease ended without an answer. Waits for a transaction in flight that answers the record.
   *
   * @returns The record that stands now: `record` itself if the claim succeeded, else the other's.
   */
  claim(record: IdempotencyRecord, now: number, leaseTime: number): Promise<IdempotencyRecord>;

  /** Keeps an answer that is no write's. @throws Failure `store_away` where another try took over */
  answer(answer: Answer): Promise<void>;

  /** Renews the lease of a try that still runs, for `leaseTime` (ms) from now. */
  renew(id: string, holder: string, now: number, leaseTime: number): Promise<void>;

  /** Forgets a try that failed, so that the next one runs afresh. */
  release(id: string, holder: string): Promise<void>;

  /** Removes about `budget` expired records. */
  expire(now: number, budget: number): Promise<Swept>;
}

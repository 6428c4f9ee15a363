import type { Swept } from './swept.ts';

/** The record of an idempotent request. Hashes are hex. The answer is encrypted with the idempotency key. */
export type IdempotencyRecord = {
  /** SHA-256 over scope and key. The key itself is not stored. */
  id: string;
  /** SHA-256 over everything that identifies the request. */
  fingerprint: string;
  /** SHA-256 over streamed content; missing while the first try runs, and for requests that do not stream. */
  contentFingerprint?: string | null;
  /** The try that holds the lease. */
  holder: string;
  expiresAt: number;
  /** The encrypted answer; null while the first try runs. */
  answer: Uint8Array | null;
};

/** An encrypted answer, stored in the transaction of its write. */
export type Answer = {
  id: string;
  holder: string;
  contentFingerprint?: string;
  sealed: Uint8Array;
};

/**
 * Encrypts the result of a write. A store calls it in the transaction of a write that takes effect, and stores the
 * answer in that transaction. The argument is null if the store does not know the result.
 */
export type Seal<Result> = (result: Result) => Answer;

export interface IdempotencyStore {
  /**
   * Claims a key for a try, with a lease of `leaseTime` (ms). `record` replaces a record that has expired, and one
   * whose lease ended without an answer. Waits for a transaction in flight that answers the record.
   *
   * @param leasesEndedBy Leases that ended later are respected. By default no ended lease is.
   * @returns The current record: `record` itself if the claim succeeded, else the existing one.
   */
  claim(
    record: IdempotencyRecord,
    now: number,
    leaseTime: number,
    leasesEndedBy?: number,
  ): Promise<IdempotencyRecord>;

  /** Stores an answer without a write. @throws Failure `store_away` if another try took over */
  answer(answer: Answer): Promise<void>;

  /** Renews the lease of a running try for `leaseTime` (ms) from now. */
  renew(id: string, holder: string, now: number, leaseTime: number): Promise<void>;

  /** Removes the record of a failed try, so that the next one can run. */
  release(id: string, holder: string): Promise<void>;

  /** Removes the records of all running tries, which can then answer no more. @returns Their number. */
  releaseAll(): Promise<number>;

  /** Removes about `budget` expired records. */
  expire(now: number, budget: number): Promise<Swept>;
}

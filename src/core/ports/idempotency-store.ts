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
  /** Until when the first try may run before another may take over (ms since the epoch). */
  leaseUntil: number;
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
   * Claims a key for a try. An unknown or expired record, and one whose lease ran out without an answer, is
   * (re)placed by `record`.
   *
   * @returns The record that stands now: `record` itself if the claim succeeded, else the other's.
   */
  claim(record: IdempotencyRecord, now: number): Promise<IdempotencyRecord>;

  /** Keeps an answer that is no write's. @throws Failure `store_away` where another try took over */
  answer(answer: Answer): Promise<void>;

  /** Prolongs the lease of a try that still runs. */
  renew(id: string, holder: string, leaseUntil: number): Promise<void>;

  /** Forgets a try that failed, so that the next one runs afresh. */
  release(id: string, holder: string): Promise<void>;

  /** Removes up to `limit` expired records. @returns How many. */
  removeExpired(now: number, limit: number): Promise<number>;
}

/** A journal record whose blob the claimer is to remove. */
export type ClaimedBlob = {
  key: string;
  attempts: number;
  /** The blob store's own id of an upload in parts that may be under the key. */
  directUploadId: string | null;
};

/**
 * The journal of blob keys that no row shows: those being written, and those to be removed. A blob store and
 * a database share no transaction; with a record made before the blob, no crash leaves bytes that nobody
 * knows of. The stores of rows take records out and put them in within their own transactions.
 */
export interface BlobJournal {
  /**
   * Records a key before its blob is written, with a lease until `leaseUntil` (ms since the epoch). A key that
   * something of ours or a client's may still be written to when we have given up is removed once more at
   * `removeAgainAt`.
   */
  reserve(key: string, leaseUntil: number, removeAgainAt?: number): Promise<void>;

  /** Prolongs a writer's lease. @returns False where the record is claimed or gone: nothing will come of the write. */
  renew(key: string, leaseUntil: number): Promise<boolean>;

  /** Enters a key for removal, whether or not it has a record. Only for a key that no row shows. */
  discard(key: string, now: number): Promise<void>;

  /**
   * Claims up to `limit` records that are due: leases that ran out, and removals. A claimed record belongs
   * to the claimer until `claimUntil`; a writer that still holds it can no longer publish.
   */
  claimDue(now: number, claimUntil: number, limit: number): Promise<ClaimedBlob[]>;

  /** Puts a claimed record's next try off to `dueAt`. */
  postpone(key: string, dueAt: number): Promise<void>;

  /**
   * Forgets keys whose blobs are gone, but for those that a client may still write to: their records become due
   * once more when that has ended.
   */
  forget(keys: string[], now: number): Promise<void>;

  /** Which of these keys have a record. */
  known(keys: string[]): Promise<Set<string>>;

  /** How many records wait, writers' included. */
  count(): Promise<number>;
}

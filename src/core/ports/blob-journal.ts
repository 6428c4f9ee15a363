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
   * Records a key before its blob is written, with a lease of `leaseTime` (ms). If something may still be written
   * to the key after the writer has stopped waiting, the blob is removed a second time `removeAgainAfter` ms later.
   */
  reserve(key: string, now: number, leaseTime: number, removeAgainAfter?: number): Promise<void>;

  /**
   * Renews a writer's lease, for `leaseTime` (ms) from now.
   *
   * @returns False if the record is claimed or gone: the write cannot be published.
   */
  renew(key: string, now: number, leaseTime: number): Promise<boolean>;

  /** Enters a key for removal, whether or not it has a record. Only for a key that no row shows. */
  discard(key: string, now: number): Promise<void>;

  /**
   * Claims up to `limit` records that are due: expired leases, and removals. A claimed record belongs to the claimer
   * for `leaseTime` (ms); a writer that still holds it can no longer publish.
   */
  claimDue(now: number, leaseTime: number, limit: number): Promise<ClaimedBlob[]>;

  /** Makes a claimed record due again after `delay` (ms). */
  postpone(key: string, now: number, delay: number): Promise<void>;

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

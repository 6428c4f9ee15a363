/** A claim of a journal record. Each claim of a key has another number of attempts. */
export type BlobClaim = { key: string; attempts: number };

/** A journal record whose blob the claimer must remove. */
export type ClaimedBlob = BlobClaim & {
  /** The blob store's id of an upload in parts that may exist under the key. */
  directUploadId: string | null;
};

/**
 * The journal of blob keys that no row shows: blobs that are being written, and blobs to remove. A blob store and a
 * database share no transaction. A record is made before its blob, so that a crash leaves no unknown blob. The stores
 * of rows add and remove records in their own transactions.
 */
export interface BlobJournal {
  /**
   * Records a key before its blob is written, with a lease of `leaseTime` (ms). If something may still be written
   * to the key after the writer has stopped waiting, the blob is removed a second time `removeAgainAfter` ms later.
   */
  reserve(key: string, now: number, leaseTime: number, removeAgainAfter?: number): Promise<void>;

  /**
   * Renews the lease of a writer for `leaseTime` (ms) from now.
   *
   * @returns False if the record is claimed or gone: the write cannot be published.
   */
  renew(key: string, now: number, leaseTime: number): Promise<boolean>;

  /** Schedules the removal of a blob, with or without an existing record. Only for a key that no row shows. */
  discard(key: string, now: number): Promise<void>;

  /**
   * Claims up to `limit` records that are due: expired leases, and removals. A claimed record belongs to the claimer
   * for `leaseTime` (ms); a writer that still holds it can no longer publish.
   *
   * @param leasesEndedBy Leases of writers that ended later are not claimed. By default all ended leases are.
   */
  claimDue(now: number, leaseTime: number, limit: number, leasesEndedBy?: number): Promise<ClaimedBlob[]>;

  /**
   * Ends the lease of every writer: its record becomes a removal that is due now, and it can no longer publish.
   *
   * @returns The number of leases.
   */
  endLeases(now: number): Promise<number>;

  /** Makes a claimed record due again after `delay` (ms), unless it was claimed again. */
  postpone(claim: BlobClaim, now: number, delay: number): Promise<void>;

  /**
   * Removes the records of removed blobs, except those that were claimed or discarded again. The record of a key that
   * a client may still write to stays too, and becomes due again when the client no longer can.
   */
  forget(claims: BlobClaim[], now: number): Promise<void>;

  /** The keys of these that have a record. */
  known(keys: string[]): Promise<Set<string>>;

  /** The number of records, including those of writers. */
  count(): Promise<number>;
}

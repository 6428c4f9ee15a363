/**
 * A blob that a row shows as its content or as a part. `row` names the row for people; a payload not by its id, which is
 * enough to read it. This is true of every line of an inventory.
 */
export type ShownBlob = { key: string; size: number; row: string };

/**
 * What is removed to remove a blob with the row that shows it: the row itself, or the owner of a part. The id of a
 * payload is enough to read it: never show or log it.
 */
export type BlobOwner = { key: string; kind: 'payload' | 'object' | 'upload'; id: string };

/** What the database says is stored, for comparison with the blob store. */
export interface Inventory {
  /** Damage in the database file, one line each, at most twenty. Reads the whole file. */
  damage(): Promise<string[]>;

  shownBlobs(): AsyncIterable<ShownBlob>;

  /** Whether a row shows this blob now. */
  isShown(key: string): Promise<boolean>;

  /** The owners of those of these blobs that a row shows now. */
  ownersOf(keys: string[]): Promise<BlobOwner[]>;

  /** Rows whose parts do not add up to the size of the row, and parts without a row; one line each. */
  wrongParts(): Promise<string[]>;

  /** Accounts and buckets whose recorded usage differs from the sum of what is stored and reserved; one line each. */
  wrongUsage(): Promise<string[]>;
}

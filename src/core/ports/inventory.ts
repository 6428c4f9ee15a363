/** A blob that a row shows: as its content, or as a part of it. `row` names the row for people. */
export type ShownBlob = { key: string; size: number; row: string };

/** All that the database says is stored, for comparing it with what is. */
export interface Inventory {
  /** What is damaged in the database's file, a line each, at most twenty. Reads the whole file once. */
  damage(): Promise<string[]>;

  /** Every blob that a row shows. */
  shownBlobs(): AsyncIterable<ShownBlob>;

  /** Whether a row shows this blob now. */
  isShown(key: string): Promise<boolean>;

  /** Rows in parts whose parts are not as long together as the row says, and parts of no row; a line for each. */
  wrongParts(): Promise<string[]>;

  /** Whose usage, accounts' and buckets', as it is kept, is not the sum of what is stored and reserved; a line for each. */
  wrongUsage(): Promise<string[]>;
}

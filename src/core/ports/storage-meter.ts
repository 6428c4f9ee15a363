/** How many bytes are stored, as far as the database knows. */
export type StorageUsage = { databaseBytes: number; blobBytes: number };

export interface StorageMeter {
  usage(): Promise<StorageUsage>;
}

/** What those store who have no account, and accounts that no operator made. */
export interface StrangersMeter {
  /** How many bytes they store together, with those that they may write straight to the blob store. */
  strangerBytes(): Promise<number>;

  /** Whether an account is one of theirs. */
  isStranger(accountId: string): Promise<boolean>;
}

/** Upkeep of the database after rows went. */
export interface DatabaseUpkeep {
  /**
   * Gives up to `pages` unused pages back to the file system.
   *
   * @returns Whether more are worth giving back.
   * @throws Failure `no_room` where the disk is full
   */
  shrink(pages: number): Promise<boolean>;

  /** Makes room for the next writes on a disk that is full, of what was kept for that. */
  makeRoom(): Promise<void>;

  /** Keeps room for that again, where there is enough. */
  keepRoom(): Promise<void>;

  /** Truncates the write-ahead log, in which deleted content would outlive its row. */
  truncateLog(): Promise<void>;
}

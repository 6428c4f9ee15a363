/** How many bytes are stored, as far as the database knows. */
export type StorageUsage = { databaseBytes: number; blobBytes: number };

export interface StorageMeter {
  usage(): Promise<StorageUsage>;
}

/** Upkeep of the database after rows went. */
export interface DatabaseUpkeep {
  /**
   * Gives up to `pages` unused pages back to the file system.
   *
   * @returns Whether more are worth giving back.
   */
  shrink(pages: number): Promise<boolean>;

  /** Truncates the write-ahead log, in which deleted content would outlive its row. */
  truncateLog(): Promise<void>;
}

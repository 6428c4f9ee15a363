/** How many bytes are stored, as far as the database knows. */
export type StorageUsage = { databaseBytes: number; blobBytes: number };

export interface StorageMeter {
  usage(): Promise<StorageUsage>;
}

/** What those store who have no account, and accounts that no operator made. */
export interface AnonymousMeter {
  /** How many bytes they store together, with those that they may write straight to the blob store. */
  anonymousBytes(): Promise<number>;

  /** Whether an account is one of theirs. */
  isAnonymous(accountId: string): Promise<boolean>;
}

/** Upkeep of the database after rows went. */
export interface DatabaseUpkeep {
  /**
   * Does one step of the upkeep that removed rows leave behind: gives unused space back to the file system, and removes
   * deleted content from logs, where it would outlive its row. A step is too short to delay requests.
   *
   * @returns `more` if another step is worth doing now.
   * @throws Failure `no_room` if the disk is full
   */
  maintain(): Promise<'more' | 'done'>;

  /** Makes room for the next writes on a disk that is full, of what was kept for that. */
  makeRoom(): Promise<void>;

  /** Keeps room for that again, where there is enough. */
  keepRoom(): Promise<void>;
}

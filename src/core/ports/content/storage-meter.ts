/** The stored bytes, as far as the database knows. */
export type StorageUsage = { databaseBytes: number; blobBytes: number };

export interface StorageMeter {
  usage(): Promise<StorageUsage>;
}

/** What anonymous callers store. */
export interface AnonymousMeter {
  /** The total bytes, including those that presigned URLs may write directly to the blob store. */
  anonymousBytes(): Promise<number>;

  /** Whether an account is a guest or a claimed account. */
  isAnonymous(accountId: string): Promise<boolean>;
}

/** Maintenance of the database after rows were removed. */
export interface DatabaseUpkeep {
  /**
   * Does one step: returns unused space to the file system, and removes deleted content from logs, where it would
   * outlive its row. A step is too short to delay requests.
   *
   * @returns `more` if another step is useful now.
   * @throws Failure `no_room` if the disk is full
   */
  maintain(): Promise<'more' | 'done'>;

  /** Frees the space that is reserved for writes on a full disk. */
  makeRoom(): Promise<void>;

  /** Reserves that space again, if the disk has enough. */
  keepRoom(): Promise<void>;
}

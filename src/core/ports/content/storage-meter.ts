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

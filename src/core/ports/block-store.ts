/** SHA-256 of contents that the operator refuses. */
export interface BlockStore {
  /** Those that were added first come first. Times are milliseconds since the epoch. */
  list(): Promise<{ hash: Uint8Array; createdAt: number }[]>;
  /** Whether there are any. */
  any(): Promise<boolean>;
  has(hash: Uint8Array): Promise<boolean>;
  /** Adding what is there changes nothing. */
  add(hash: Uint8Array, now: number): Promise<void>;
  /** @returns Whether it was there. */
  remove(hash: Uint8Array): Promise<boolean>;
}

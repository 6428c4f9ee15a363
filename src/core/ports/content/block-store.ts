/** SHA-256 of the content that the operator blocks. */
export interface BlockStore {
  /** The oldest first. Times are milliseconds since the epoch. */
  list(): Promise<{ hash: Uint8Array; createdAt: number }[]>;
  /** Whether the store has any hash. */
  any(): Promise<boolean>;
  has(hash: Uint8Array): Promise<boolean>;
  /** Idempotent. */
  add(hash: Uint8Array, now: number): Promise<void>;
  /** @returns Whether it existed. */
  remove(hash: Uint8Array): Promise<boolean>;
}

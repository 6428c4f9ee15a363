/** Banned addresses and CIDR ranges, in canonical form. */
export interface BanStore {
  list(): Promise<string[]>;
  add(range: string, now: number): Promise<void>;
  /** @returns Whether it existed. */
  remove(range: string): Promise<boolean>;
}

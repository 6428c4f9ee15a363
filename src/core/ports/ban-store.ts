/** Addresses and CIDR ranges that are refused, as the operator wrote them. */
export interface BanStore {
  list(): Promise<string[]>;
  add(range: string, now: number): Promise<void>;
  /** @returns Whether it was there. */
  remove(range: string): Promise<boolean>;
}

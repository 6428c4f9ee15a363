/** Calls, and bytes of objects that came in and went out. */
export type Traffic = { requests: number; bytesIn: number; bytesOut: number };

/** What accounts had served, by period. */
export interface TrafficStore {
  /** Adds to what is there. Need not be durable at once. Accounts that are gone are passed over. */
  add(traffic: (Traffic & { accountId: string; period: string })[]): Promise<void>;

  /** Zeroes where nothing was counted. */
  find(accountId: string, period: string): Promise<Traffic>;
}

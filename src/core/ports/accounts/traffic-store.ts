/** Requests, and bytes of objects in both directions. */
export type Traffic = { requests: number; bytesIn: number; bytesOut: number };

/** Traffic per account and period. */
export interface TrafficStore {
  /** Adds to the counts. Need not be durable at once. Skips accounts that are gone. */
  add(traffic: (Traffic & { accountId: string; period: string })[]): Promise<void>;

  /** @returns Zeros if there are no counts. */
  find(accountId: string, period: string): Promise<Traffic>;
}

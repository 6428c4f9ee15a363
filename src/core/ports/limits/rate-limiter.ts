/** The state of a window after a call. */
export type RateLimitVerdict = {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** When the window ends, in milliseconds since the epoch. */
  resetAt: number;
};

/** Counts calls in fixed windows. Never rejects and never stalls: if its store is unavailable, it counts elsewhere. */
export interface RateLimiter {
  consume(key: string): Promise<RateLimitVerdict>;

  /** The state of a window without counting a call; undefined if it is not known locally. */
  look(key: string): RateLimitVerdict | undefined;
}

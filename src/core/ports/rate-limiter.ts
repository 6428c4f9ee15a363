/** How a window stands after a call. */
export type RateLimitVerdict = {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** When the window ends, in milliseconds since the epoch. */
  resetAt: number;
};

/** Counts calls in fixed windows. Never rejects and never stalls: a limiter that is away counts elsewhere. */
export interface RateLimiter {
  consume(key: string): Promise<RateLimitVerdict>;

  /** How a window stands, without a call; undefined where somebody would have to be asked for it. */
  look(key: string): RateLimitVerdict | undefined;
}

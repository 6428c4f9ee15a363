import type { RateLimiter, RateLimitVerdict } from '../../core/ports/limits/rate-limiter.ts';
import type { Probe } from '../../core/ports/probe.ts';

export type RateLimitSettings = {
  /** Names the limit in the store. */
  keyPrefix: string;
  /** Calls allowed in a window. */
  points: number;
  /** The window in seconds. */
  duration: number;
};

/** Creates limits that share a store. */
export interface Limiters {
  limit(settings: RateLimitSettings): RateLimiter;
  /** Absent if there is no store to probe. */
  readonly probe?: Probe;
  close(): void;
}

/** The verdict on the call that was the `consumed`-th of its window. */
export function verdictOf(
  { points }: RateLimitSettings,
  consumed: number,
  resetAt: number,
): RateLimitVerdict {
  return { allowed: consumed <= points, limit: points, remaining: Math.max(0, points - consumed), resetAt };
}

import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimitVerdict } from '../../core/ports/rate-limiter.ts';

export type RateLimitSettings = {
  /** Names the limit in the store. */
  keyPrefix: string;
  /** Calls allowed in a window. */
  points: number;
  /** The window in seconds. */
  duration: number;
};

/** Counts calls. The library rejects with the same state when the limit is passed: both are an answer. */
export async function consume(
  limiter: RateLimiterAbstract,
  key: string,
  calls: number,
): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key, calls);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  }
}

/** The verdict over the call that was the `consumed`-th of its window. */
export function verdictOf(
  { points }: RateLimitSettings,
  consumed: number,
  resetAt: number,
): RateLimitVerdict {
  return { allowed: consumed <= points, limit: points, remaining: Math.max(0, points - consumed), resetAt };
}

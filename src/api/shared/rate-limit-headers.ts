import type { RateLimitVerdict } from '../../core/ports/rate-limiter.ts';

/** Tells how the window stands, as every API does: the reset in Unix seconds. */
export function setRateLimitHeaders(
  headers: Record<string, string>,
  { limit, remaining, resetAt }: RateLimitVerdict,
): void {
  headers['X-RateLimit-Limit'] = String(limit);
  headers['X-RateLimit-Remaining'] = String(remaining);
  headers['X-RateLimit-Reset'] = String(Math.ceil(resetAt / 1000));
}

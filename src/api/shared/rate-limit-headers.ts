import type { RateLimitVerdict } from '../../core/ports/rate-limiter.ts';

/** How the window stands, as every API tells it: the reset in Unix seconds. */
export function rateLimitHeaders({ limit, remaining, resetAt }: RateLimitVerdict): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(Math.ceil(resetAt / 1000)),
  };
}

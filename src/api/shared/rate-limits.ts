import { Failure } from '../../core/failure.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/rate-limiter.ts';
import type { Exchange } from './exchange.ts';

/**
 * Counts a call, and tells in the headers how its window stands: where several apply, the one with the least
 * left (docs/contract/shared.md, "Rate limits"). Nothing is counted where the limit is turned off.
 *
 * @throws Failure `rate_limited`
 */
export function countCall(
  exchange: Exchange,
  limiter: RateLimiter | undefined,
  key: string,
  clock: () => number,
): Promise<void> | undefined {
  // Not an async function: every request comes by here.
  return limiter?.consume(key).then((verdict) => judge(exchange, verdict, clock));
}

/** Tells how a window stands in which the call does not count, where that is at hand. */
export function tellWindow(exchange: Exchange, limiter: RateLimiter | undefined, key: string): void {
  const verdict = limiter?.look(key);
  if (verdict) tell(exchange, verdict);
}

function judge(exchange: Exchange, verdict: RateLimitVerdict, clock: () => number): void {
  if (exchange.verdict === undefined || verdict.remaining <= exchange.verdict.remaining)
    tell(exchange, verdict);
  if (verdict.allowed) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((verdict.resetAt - clock()) / 1000));
  throw new Failure('rate_limited', 'Rate limit exceeded', { retryAfterSeconds });
}

/** The reset is told in Unix seconds. */
function tell(exchange: Exchange, verdict: RateLimitVerdict): void {
  const { headers } = exchange;
  exchange.verdict = verdict;
  headers['X-RateLimit-Limit'] = String(verdict.limit);
  headers['X-RateLimit-Remaining'] = String(verdict.remaining);
  headers['X-RateLimit-Reset'] = String(Math.ceil(verdict.resetAt / 1000));
}

import { Failure } from '../../core/failure.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/limits/rate-limiter.ts';
import type { Exchange } from './exchange.ts';

/**
 * Counts a call, and reports its window in the headers. If several windows apply, it reports the one with the fewest
 * calls left (docs/contract/shared.md, "Rate limits"). If the limit is off, nothing is counted.
 *
 * @throws Failure `rate_limited`
 */
export function countCall(
  exchange: Exchange,
  limiter: RateLimiter | undefined,
  key: string,
  clock: () => number,
): Promise<void> | undefined {
  // Not an async function, because every request passes through it.
  return limiter?.consume(key).then((verdict) => judge(exchange, verdict, clock));
}

/** Reports a window in which the call does not count, if its state is in memory. */
export function setAddressWindow(exchange: Exchange, limiter: RateLimiter | undefined, key: string): void {
  const verdict = limiter?.look(key);
  if (verdict) report(exchange, verdict);
}

function judge(exchange: Exchange, verdict: RateLimitVerdict, clock: () => number): void {
  if (exchange.verdict === undefined || verdict.remaining <= exchange.verdict.remaining)
    report(exchange, verdict);
  if (verdict.allowed) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((verdict.resetAt - clock()) / 1000));
  throw new Failure('rate_limited', 'Rate limit exceeded', { retryAfterSeconds });
}

function report(exchange: Exchange, verdict: RateLimitVerdict): void {
  const { headers } = exchange;
  exchange.verdict = verdict;
  headers['X-RateLimit-Limit'] = String(verdict.limit);
  headers['X-RateLimit-Remaining'] = String(verdict.remaining);
  headers['X-RateLimit-Reset'] = String(Math.ceil(verdict.resetAt / 1000));
}

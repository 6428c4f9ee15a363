import type { LookupFunction } from 'node:net';
import type { Clock } from '../../core/ports/clock.ts';
import { MemoryRateLimiter } from './memory.ts';
import type { FallbackObserver } from './outage.ts';
import type { Limiters } from './settings.ts';

/** Limits in Redis where its URL is given, else in this process. The client is loaded only where it is needed. */
export async function createLimiters(
  redisUrl: string | undefined,
  clock: Clock,
  observer: FallbackObserver,
  lookup: LookupFunction,
): Promise<Limiters> {
  if (redisUrl === undefined)
    return { limit: (settings) => new MemoryRateLimiter(settings, clock), close: () => undefined };
  const { RedisLimiters } = await import('./redis.ts');
  return new RedisLimiters(redisUrl, clock, observer, lookup);
}

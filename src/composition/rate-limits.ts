import type { LookupFunction } from 'node:net';
import type { Config } from '../config/index.ts';
import type { LimitName, Limits } from '../core/limits/limits.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { StoreStates } from '../observe/store-states.ts';
import { MemoryRateLimiter } from '../stores/limits/memory.ts';
import type { FallbackObserver } from '../stores/limits/outage.ts';
import type { Limiters } from '../stores/limits/settings.ts';

type RateLimiterDeps = {
  /** Names the deployment. Others may share its Redis. */
  deployment: string;
  clock: Clock;
  states: StoreStates;
  metrics: Metrics;
  lookup: LookupFunction;
};

/** Creates the rate limiters: in Redis if its URL is set, otherwise in this process. */
export async function createRateLimiters(
  { redisUrl, database, limitNodes, workers }: Config,
  { deployment, clock, states, metrics, lookup }: RateLimiterDeps,
): Promise<Limiters> {
  if (redisUrl === undefined)
    return { limit: (settings) => new MemoryRateLimiter(settings, clock), close: () => undefined };
  const observer: FallbackObserver = {
    away: (error) => limiters.probe && states.failed(limiters.probe, error),
    back: () => limiters.probe && states.answered(limiters.probe),
    countedHere: (calls) => metrics.rateLimitFallback(calls),
  };
  // Load the client of Redis only if it is needed.
  const { RedisLimiters } = await import('../stores/limits/redis.ts');
  // With a database in a file there is one process.
  const nodes = database.kind === 'server' ? limitNodes * workers : 1;
  const limiters: Limiters = new RedisLimiters({
    url: redisUrl,
    prefix: `mayfly:${deployment}`,
    clock,
    observer,
    nodes,
    lookup,
  });
  return limiters;
}

/** PUTs to one presigned URL that do not count against `address`: clients retry after a broken connection. */
const freePuts = 3;

/** Creates the rate limits. Windows are in seconds. */
export function limitsOf(config: Config, limiters: Limiters): Limits {
  const limit = (name: LimitName, points: number, duration: number) =>
    points === 0 ? undefined : limiters.limit({ keyPrefix: name, points, duration });
  const [hour, day] = [3600, 86_400];
  const window = Math.ceil(config.rateLimitWindow / 1000);
  return {
    address: limit('address', config.rateLimit, window),
    credential: limit('credential', config.keyRateLimit, window),
    guest: limit('guest', config.guestRateLimit, day),
    claim: limit('claim', config.guestRateLimit, day),
    presign: limit('presign', config.presignRateLimit, hour),
    put: limit('put', config.rateLimit === 0 ? 0 : freePuts, Math.ceil(config.presignTtl / 1000)),
  };
}

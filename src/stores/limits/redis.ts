import { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../../core/ports/clock.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/rate-limiter.ts';
import { MemoryRateLimiter } from './memory.ts';
import { type RateLimitSettings, verdictOf } from './settings.ts';

/** A command that takes longer (ms) means that Redis is away: no request may stall for it. */
const commandTimeout = 250;
/** How long Redis is left alone after a failure (ms), so that an outage costs few requests a wait. */
const awayFor = 1000;

/** Told once when Redis goes, once when it is back, and for each call that was counted in the process. */
export type FallbackObserver = {
  away(error: unknown): void;
  back(): void;
  countedHere(calls: number): void;
};

/** Connects in the background and for ever; commands fail at once while there is no connection. */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout,
    connectTimeout: 2000,
    retryStrategy: (tries) => Math.min(100 * tries, 1000),
  });
  // Without a listener every failed attempt is printed; the limiter tells of the outage by itself.
  redis.on('error', () => undefined);
  return redis;
}

type Call = (verdict: RateLimitVerdict) => void;

/**
 * Counts calls in Redis, shared by all nodes, and in this process while Redis is away. Calls under one key
 * that come while an earlier one is on its way travel together: the count stays exact, and a busy client
 * costs Redis a fraction of its calls.
 */
export class RedisRateLimiter implements RateLimiter {
  readonly #settings: RateLimitSettings;
  readonly #limiter: RateLimiterRedis;
  readonly #fallback: MemoryRateLimiter;
  readonly #clock: Clock;
  readonly #observer: FallbackObserver;
  readonly #waiting = new Map<string, Call[]>();
  #awayUntil = Number.NEGATIVE_INFINITY;
  #isAway = false;

  constructor(redis: Redis, settings: RateLimitSettings, clock: Clock, observer: FallbackObserver) {
    this.#settings = settings;
    this.#limiter = new RateLimiterRedis({ ...settings, storeClient: redis, rejectIfRedisNotReady: true });
    this.#fallback = new MemoryRateLimiter(settings, clock);
    this.#clock = clock;
    this.#observer = observer;
  }

  consume(key: string): Promise<RateLimitVerdict> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key);
      if (waiting) waiting.push(resolve);
      else void this.#drain(key, resolve);
    });
  }

  /** Counts the first call, then in one go all that came under its key meanwhile, until none waits. */
  async #drain(key: string, first: Call): Promise<void> {
    try {
      for (let calls = [first]; calls.length > 0; calls = this.#waiting.get(key) ?? []) {
        this.#waiting.set(key, []);
        await this.#count(key, calls);
      }
    } finally {
      this.#waiting.delete(key);
    }
  }

  async #count(key: string, calls: Call[]): Promise<void> {
    if (this.#isLeftAlone()) return this.#countHere(key, calls);
    try {
      const state = await this.#consume(key, calls.length);
      if (this.#isAway) this.#observer.back();
      this.#isAway = false;
      const resetAt = this.#clock() + state.msBeforeNext;
      const before = state.consumedPoints - calls.length;
      for (const [index, resolve] of calls.entries())
        resolve(verdictOf(this.#settings, before + index + 1, resetAt));
    } catch (error) {
      this.#awayUntil = this.#clock() + awayFor;
      if (!this.#isAway) this.#observer.away(error);
      this.#isAway = true;
      await this.#countHere(key, calls);
    }
  }

  /** The library rejects with the same state when the limit is passed: both are an answer. */
  async #consume(key: string, calls: number): Promise<RateLimiterRes> {
    try {
      return await this.#limiter.consume(key, calls);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    }
  }

  /** A clock that was set back must not prolong the pause. */
  #isLeftAlone(): boolean {
    const left = this.#awayUntil - this.#clock();
    return left > 0 && left <= awayFor;
  }

  async #countHere(key: string, calls: Call[]): Promise<void> {
    this.#observer.countedHere(calls.length);
    for (const resolve of calls) resolve(await this.#fallback.consume(key));
  }
}

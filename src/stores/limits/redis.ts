import type { LookupFunction } from 'node:net';
import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../../core/ports/clock.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/limits/rate-limiter.ts';
import type { Probe } from '../../core/ports/probe.ts';
import { connectRedis, redisHost } from '../redis/connection.ts';
import { MemoryRateLimiter } from './memory.ts';
import { type FallbackObserver, Outage } from './outage.ts';
import { RedisHealth } from './redis-health.ts';
import { type Limiters, type RateLimitSettings, verdictOf } from './settings.ts';

/** If a command takes longer (ms), Redis counts as unavailable, so that no request stalls. */
const commandTimeout = 250;

type RedisLimitersDeps = {
  url: string;
  /** The beginning of all keys, the same for all nodes of a deployment and for no other. */
  prefix: string;
  clock: Clock;
  observer: FallbackObserver;
  /** The servers that share the Redis. While it is away, each one allows its share of a limit. */
  nodes: number;
  /** Looks up the name of Redis's host. */
  lookup: LookupFunction;
};

/** Limits in one Redis, over one connection. */
export class RedisLimiters implements Limiters {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #nodes: number;
  readonly #outage: Outage;
  readonly #health: RedisHealth;
  readonly probe: Probe;

  constructor(deps: RedisLimitersDeps) {
    this.#redis = connectRedis(deps, { commandTimeout });
    this.#prefix = deps.prefix;
    this.#clock = deps.clock;
    this.#nodes = deps.nodes;
    this.#outage = new Outage(deps.clock, deps.observer);
    this.#health = new RedisHealth(this.#redis, deps.prefix);
    this.probe = {
      name: 'redis',
      dispensable: true,
      degrades: deps.nodes > 1,
      where: redisHost(deps.url),
      ping: () => this.#health.ping(),
    };
  }

  limit(settings: RateLimitSettings): RateLimiter {
    return new RedisRateLimiter({
      redis: this.#redis,
      settings: { ...settings, keyPrefix: `${this.#prefix}:${settings.keyPrefix}` },
      share: Math.ceil(settings.points / this.#nodes),
      clock: this.#clock,
      outage: this.#outage,
      health: this.#health,
    });
  }

  close(): void {
    this.#redis.disconnect();
  }
}

type Call = (verdict: RateLimitVerdict) => void;

type RedisRateLimiterDeps = {
  redis: Redis;
  settings: RateLimitSettings;
  /** The calls allowed in a window while Redis is unavailable. */
  share: number;
  clock: Clock;
  outage: Outage;
  health: RedisHealth;
};

/**
 * Counts calls in Redis, shared by all nodes, and in this process while Redis is unavailable. Calls under one key that
 * arrive while an earlier one is in flight are sent together: the count stays exact, and a busy client costs Redis a
 * fraction of its calls.
 */
class RedisRateLimiter implements RateLimiter {
  readonly #deps: RedisRateLimiterDeps;
  readonly #limiter: RateLimiterRedis;
  readonly #fallback: MemoryRateLimiter;
  readonly #waiting = new Map<string, Call[]>();

  constructor(deps: RedisRateLimiterDeps) {
    this.#deps = deps;
    this.#limiter = new RateLimiterRedis({
      ...deps.settings,
      storeClient: deps.redis,
      rejectIfRedisNotReady: true,
    });
    this.#fallback = new MemoryRateLimiter({ ...deps.settings, points: deps.share }, deps.clock);
  }

  consume(key: string): Promise<RateLimitVerdict> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key);
      if (waiting) waiting.push(resolve);
      else void this.#drain(key, resolve);
    });
  }

  /** Undefined, because a call to Redis costs more than it is worth. */
  look(): undefined {
    return undefined;
  }

  /** Counts the first call, then together all calls that arrived under its key in the meantime, until none waits. */
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
    if (!this.#deps.outage.mayAsk()) return this.#countHere(key, calls);
    try {
      const state = await this.#consume(key, calls.length);
      this.#deps.outage.answered();
      const resetAt = this.#deps.clock() + state.msBeforeNext;
      const before = state.consumedPoints - calls.length;
      for (const [index, resolve] of calls.entries())
        resolve(verdictOf(this.#deps.settings, before + index + 1, resetAt));
    } catch (error) {
      this.#deps.outage.failed(this.#deps.health.cause(error));
      await this.#countHere(key, calls);
    }
  }

  /** The library rejects with the same type of state when the limit is exceeded. */
  async #consume(key: string, calls: number): Promise<RateLimiterRes> {
    if (this.#deps.health.refusal) throw this.#deps.health.refusal;
    try {
      return await this.#limiter.consume(key, calls);
    } catch (error) {
      if (error instanceof RateLimiterRes) return error;
      throw error;
    }
  }

  async #countHere(key: string, calls: Call[]): Promise<void> {
    this.#deps.outage.countedHere(calls.length);
    for (const resolve of calls) resolve(await this.#fallback.consume(key));
  }
}

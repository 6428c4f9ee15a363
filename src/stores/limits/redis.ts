import { connect, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../../core/ports/clock.ts';
import type { RateLimiter, RateLimitVerdict } from '../../core/ports/limits/rate-limiter.ts';
import type { Probe } from '../../core/ports/probe.ts';
import { MemoryRateLimiter } from './memory.ts';
import { type FallbackObserver, Outage } from './outage.ts';
import { RedisHealth } from './redis-health.ts';
import { type Limiters, type RateLimitSettings, verdictOf } from './settings.ts';

/** If a command takes longer (ms), Redis counts as unavailable, so that no request stalls. */
const commandTimeout = 250;

type RedisLimitersDeps = {
  url: string;
  clock: Clock;
  observer: FallbackObserver;
  /** Looks up the name of Redis's host. */
  lookup: LookupFunction;
};

/**
 * Limits in one Redis, over one connection. The client connects in the background and reconnects forever. Without a
 * connection, commands fail immediately.
 */
export class RedisLimiters implements Limiters {
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #outage: Outage;
  readonly #health: RedisHealth;
  readonly probe: Probe;

  constructor(deps: RedisLimitersDeps) {
    this.#redis = new Redis(deps.url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout,
      connectTimeout: 2000,
      Connector: connectorWith(deps.lookup),
      retryStrategy: (tries) => Math.min(100 * tries, 1000),
      // Commands show whether Redis is ready. The check would print a line if the user may not call INFO.
      enableReadyCheck: false,
    });
    this.#clock = deps.clock;
    this.#outage = new Outage(deps.clock, deps.observer);
    this.#health = new RedisHealth(this.#redis);
    this.probe = {
      name: 'redis',
      dispensable: true,
      where: hostOf(deps.url),
      ping: () => this.#health.ping(),
    };
  }

  limit(settings: RateLimitSettings): RateLimiter {
    return new RedisRateLimiter({
      redis: this.#redis,
      settings,
      clock: this.#clock,
      outage: this.#outage,
      health: this.#health,
    });
  }

  close(): void {
    this.#redis.disconnect();
  }
}

/** Connects as the client's own connector does, but with a `lookup`, for which the client has no option. */
function connectorWith(lookup: LookupFunction) {
  return class extends AbstractConnector {
    readonly #options: RedisOptions;

    constructor(options: unknown) {
      const given = options as RedisOptions;
      super(given.disconnectTimeout ?? 2000);
      this.#options = given;
    }

    async connect(): Promise<Socket> {
      const { path, host = 'localhost', port = 6379, family, tls } = this.#options;
      const target = path ? { path } : { host, port, family, lookup };
      this.connecting = true;
      const socket = tls ? connectTls({ ...target, ...tls }) : connect(target);
      socket.once('error', (error) => {
        this.firstError = error;
      });
      this.stream = socket;
      return socket;
    }
  };
}

/** The host and port of a Redis, without its credentials. */
function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname || 'localhost'}:${port || 6379}`;
}

type Call = (verdict: RateLimitVerdict) => void;

type RedisRateLimiterDeps = {
  redis: Redis;
  settings: RateLimitSettings;
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
    this.#fallback = new MemoryRateLimiter(deps.settings, deps.clock);
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

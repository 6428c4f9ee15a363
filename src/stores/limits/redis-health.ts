import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { errorCode } from '../../core/failure.ts';

/** How long a probe waits for a connection that is being made (ms). */
const connectTimeout = 1500;

/** The number of keys that are tried on a node of a cluster. It is unlikely to own the slots of all by chance. */
const clusterKeys = 16;

/** Redis answers, but limits cannot be counted in it. */
class UnfitRedis extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Finds out why Redis cannot count: the error of its connection, or that it is not a single Redis. */
export class RedisHealth {
  readonly #redis: Redis;
  readonly #limiter: RateLimiterRedis;
  #connectionError: unknown;
  #unfit: Promise<void> = Promise.resolve();
  /** Why this Redis must not be used, until the connection ends. */
  refusal: Error | undefined;

  /** @param prefix The beginning of its keys. */
  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#limiter = new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: `${prefix}:probe`,
      points: Number.MAX_SAFE_INTEGER,
      duration: 60,
      rejectIfRedisNotReady: true,
    });
    // Without a listener, the client prints every failed attempt.
    redis.on('error', (error: unknown) => {
      this.#connectionError =
        redis.status === 'connect' && errorCode(error) === 'ECONNRESET' ? closedEarly() : error;
    });
    redis.on('close', () => {
      this.#connectionError ??= closedEarly();
    });
    redis.on('ready', () => {
      this.#connectionError = undefined;
      this.refusal = undefined;
      this.#unfit = this.#judge();
    });
  }

  /** Counts a call under a key of its own, as the limits do. @throws the reason why Redis cannot count */
  async ping(): Promise<void> {
    await this.#connected();
    await this.#unfit;
    if (this.refusal) throw this.refusal;
    try {
      await this.#count('probe');
    } catch (error) {
      throw this.cause(error);
    }
  }

  /** Why a call failed; without a connection, the error of the connection. */
  cause(error: unknown): unknown {
    if (this.#redis.status !== 'ready') return this.#connectionError ?? notYet();
    if (isMoved(error)) this.refusal = clusterNode(error);
    return this.refusal ?? error;
  }

  /** Whether this is a Sentinel, or a node of a cluster that does not own every slot. */
  async #judge(): Promise<void> {
    try {
      const [, mode] = /^redis_mode:(\w+)/m.exec(String(await this.#redis.info('server'))) ?? [];
      if (mode === 'sentinel')
        this.refusal = new UnfitRedis(
          'SENTINEL',
          'REDIS_URL leads to a Sentinel, which keeps no data; name the Redis itself',
        );
      if (mode !== 'cluster') return;
      for (let key = 0; key < clusterKeys; key += 1) await this.#count(`slot ${key}`);
    } catch (error) {
      if (isMoved(error)) this.refusal = clusterNode(error);
      // The next call meets and reports any other fault.
    }
  }

  async #count(key: string): Promise<void> {
    try {
      await this.#limiter.consume(key);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
    }
  }

  /** Resolves when a connection that is being made is ready, or has failed. */
  #connected(): Promise<void> {
    const redis = this.#redis;
    if (redis.status !== 'connecting' && redis.status !== 'connect') return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        redis.off('ready', done).off('close', done);
        resolve();
      };
      const timer = setTimeout(done, connectTimeout);
      redis.on('ready', done).on('close', done);
    });
  }
}

const advice = 'a port with TLS needs rediss://, and one without redis://';

function closedEarly(): UnfitRedis {
  return new UnfitRedis('ECONNRESET', `The connection was closed before Redis answered; ${advice}`);
}

function notYet(): UnfitRedis {
  return new UnfitRedis('ETIMEDOUT', `Redis has not answered since the connection was begun; ${advice}`);
}

function isMoved(error: unknown): error is Error {
  return error instanceof Error && /^(MOVED|CROSSSLOT|CLUSTERDOWN|ASK)\b/.test(error.message);
}

function clusterNode({ message }: Error): UnfitRedis {
  const [code = 'MOVED'] = message.split(' ');
  return new UnfitRedis(
    code,
    'REDIS_URL leads to a node of a Redis Cluster, which is not supported; name a single Redis',
  );
}

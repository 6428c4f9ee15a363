import { join } from 'node:path';
import type { Config } from './config/index.ts';
import { Capacity } from './core/capacity.ts';
import { ClientAddresses } from './core/client-address.ts';
import { Idempotency } from './core/idempotency.ts';
import { Payloads } from './core/payloads.ts';
import { Placement } from './core/placement.ts';
import type { BlobStore } from './core/ports/blob-store.ts';
import type { Clock, Timers } from './core/ports/clock.ts';
import type { Probe } from './core/ports/probe.ts';
import type { RateLimiter } from './core/ports/rate-limiter.ts';
import { Sweeper } from './core/sweeper.ts';
import type { Log } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import { DiskBlobStore } from './stores/blobs/disk.ts';
import { MemoryRateLimiter } from './stores/limits/memory.ts';
import { openConnection } from './stores/sqlite/connection.ts';
import { createSqliteStores, type SqliteStores } from './stores/sqlite/index.ts';

/** What a test may put in the place of the real thing. */
export type Replacements = { clock?: Clock; timers?: Timers; blobs?: BlobStore };

export type Services = Awaited<ReturnType<typeof createServices>>;

/** The composition root: builds the stores that the configuration asks for, and the core over them. */
export async function createServices(config: Config, log: Log, replacements: Replacements = {}) {
  const clock = replacements.clock ?? Date.now;
  const timers = replacements.timers ?? realTimers;
  const metrics = new Metrics();
  const stores = createSqliteStores(openConnection(databaseFile(config)));
  const disk = await DiskBlobStore.open(join(config.dataDirectory, 'blobs'));
  const blobs = replacements.blobs ?? (await createBlobStore(config, disk));
  const limits = await createRateLimiter(config, clock, log, metrics);

  const capacity = new Capacity(config, stores.meter, [disk], clock);
  const placement = new Placement(
    { inlineLimit: config.inlineLimit, leaseTime: config.uploadLease },
    blobs,
    stores.journal,
    capacity,
    clock,
    timers,
  );
  const idempotency = new Idempotency(stores.idempotency, clock, timers);
  const payloads = new Payloads(config, stores.payloads, placement, idempotency, clock);
  const sweeper = new Sweeper({ ...stores, blobs }, clock, timers);
  watch(metrics, stores, sweeper);

  const probes: Probe[] = [
    { name: 'database', dispensable: false, ping: stores.ping },
    { name: 'blobs', dispensable: false, ping: () => blobs.ping() },
    ...(limits.probe ? [limits.probe] : []),
  ];
  const close = async () => {
    await sweeper.stop();
    limits.close();
    await stores.close();
  };
  return {
    config,
    clock,
    log,
    metrics,
    payloads,
    sweeper,
    stores,
    blobs,
    probes,
    clientAddresses: new ClientAddresses(config.trustedProxies),
    rateLimiter: limits.limiter,
    close,
  };
}

/** The SQLite file that the configuration names. */
export function databaseFile(config: Config): string {
  return config.databaseUrl ?? join(config.dataDirectory, 'mayfly.db');
}

const realTimers: Timers = {
  every(milliseconds, task) {
    const timer = setInterval(task, milliseconds);
    return () => clearInterval(timer);
  },
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** The S3 client is large: it is loaded only where S3 is configured. */
async function createBlobStore({ s3 }: Config, disk: DiskBlobStore): Promise<BlobStore> {
  if (s3 === undefined) return disk;
  const { S3BlobStore } = await import('./stores/blobs/s3.ts');
  return new S3BlobStore(s3);
}

type Limits = { limiter: RateLimiter | undefined; probe?: Probe; close(): void };

async function createRateLimiter(config: Config, clock: Clock, log: Log, metrics: Metrics): Promise<Limits> {
  if (config.rateLimit === 0) return { limiter: undefined, close: () => undefined };
  const settings = {
    keyPrefix: 'mayfly:address',
    points: config.rateLimit,
    duration: Math.ceil(config.rateLimitWindow / 1000),
  };
  if (config.redisUrl === undefined)
    return { limiter: new MemoryRateLimiter(settings, clock), close: () => undefined };
  const { connectRedis, RedisRateLimiter } = await import('./stores/limits/redis.ts');
  const redis = connectRedis(config.redisUrl);
  const limiter = new RedisRateLimiter(redis, settings, clock, {
    away: (error) => log.log.warn({ err: error }, 'Redis is away: rate limits are counted in the process'),
    back: () => log.log.info('Redis is back: rate limits are shared again'),
    countedHere: (calls) => metrics.rateLimitFallback(calls),
  });
  const ping = async () => void (await redis.ping());
  return { limiter, probe: { name: 'redis', dispensable: true, ping }, close: () => redis.disconnect() };
}

function watch(metrics: Metrics, stores: SqliteStores, sweeper: Sweeper): void {
  metrics.gauge('mayfly_sweep_lag_seconds', 'Time since the earliest expiry that is not swept', async () => {
    return (await sweeper.lag()) / 1000;
  });
  metrics.gauge('mayfly_blob_journal_records', 'Blobs being written or waiting to be removed', () =>
    stores.journal.count(),
  );
  metrics.gauge('mayfly_blob_bytes', 'Bytes of all blobs that have a row', async () => {
    return (await stores.meter.usage()).blobBytes;
  });
  metrics.gauge('mayfly_database_bytes', 'Bytes of the database in use', async () => {
    return (await stores.meter.usage()).databaseBytes;
  });
  metrics.gauge('mayfly_commits', 'Transactions committed since the start', () => stores.writeCounts.commits);
  metrics.gauge('mayfly_writes', 'Writes that those transactions held', () => stores.writeCounts.writers);
}

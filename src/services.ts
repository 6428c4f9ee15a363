import { join } from 'node:path';
import type { Config } from './config/index.ts';
import { loadSecret } from './config/secret.ts';
import { Plans } from './core/accounts/plans.ts';
import { Blocks } from './core/blocks.ts';
import { Capacity } from './core/capacity.ts';
import { ClientAddresses } from './core/client-address.ts';
import type { Deployment } from './core/deployment.ts';
import { Idempotency } from './core/idempotency.ts';
import { Payloads } from './core/payloads.ts';
import { Placement } from './core/placement.ts';
import type { BlobStore } from './core/ports/blob-store.ts';
import type { Clock, Timers } from './core/ports/clock.ts';
import type { Probe } from './core/ports/probe.ts';
import { Removals } from './core/removals.ts';
import { type StrangersLimit, StrangersRoom } from './core/strangers-room.ts';
import { Sweeper } from './core/sweeper.ts';
import { OutboxRoom } from './core/webhooks/outbox-room.ts';
import type { Log } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import { createBuckets } from './services/buckets.ts';
import { createFiles } from './services/files.ts';
import { watch } from './services/gauges.ts';
import { createRateLimiters, limitsOf } from './services/rate-limits.ts';
import { DiskBlobStore } from './stores/blobs/disk.ts';
import { openConnection } from './stores/sqlite/connection.ts';
import { createSqliteStores } from './stores/sqlite/index.ts';

/** What a test may put in the place of the real thing. */
type Replacements = { clock?: Clock; timers?: Timers; blobs?: BlobStore };

export type Services = Awaited<ReturnType<typeof createServices>>;

/** The composition root: builds the stores that the configuration asks for, and the core over them. */
export async function createServices(config: Config, log: Log, replacements: Replacements = {}) {
  const clock = replacements.clock ?? Date.now;
  const timers = replacements.timers ?? realTimers;
  const metrics = new Metrics();
  const outboxRoom = new OutboxRoom(config.webhookMaxPending, clock, (webhookId, isTold) => {
    metrics.webhookEventDropped();
    if (isTold) log.log.warn({ webhookId }, 'too much waits for a webhook: its events are dropped');
  });
  const stores = createSqliteStores(openConnection(databaseFile(config)), outboxRoom);
  const disk = await DiskBlobStore.open(join(config.dataDirectory, 'blobs'));
  const blobs = replacements.blobs ?? (await createBlobStore(config, disk));
  const limiters = await createRateLimiters(config, clock, log, metrics);

  const capacity = new Capacity(config, stores.meter, [disk], clock);
  const strangers = new StrangersRoom(strangersLimit(config), config.minFreeSpace, stores.meter, disk, clock);
  const blocks = new Blocks(stores.blocks, clock, timers);
  await blocks.reload();
  const placement = new Placement(
    { inlineLimit: config.inlineLimit, leaseTime: config.uploadLease },
    blobs,
    stores.journal,
    capacity,
    clock,
    timers,
    strangers,
    blocks,
  );
  const plans = new Plans(stores.plans);
  const idempotency = new Idempotency(stores.idempotency, clock, timers);
  const payloads = new Payloads(config, stores.payloads, placement, idempotency, plans, clock);
  const sweeper = new Sweeper({ ...stores, blobs, readers: placement.readers }, clock, timers);
  const secret = await loadSecret(config);
  const foundation = { config, secret, stores, blobs, placement, idempotency, plans, clock, timers, log };
  const files = createFiles(foundation);
  const buckets = createBuckets(foundation, files);
  watch(metrics, stores, sweeper);

  const probes: Probe[] = [
    { name: 'database', dispensable: false, ping: stores.ping },
    { name: 'blobs', dispensable: false, ping: () => blobs.ping() },
    ...(limiters.probe ? [limiters.probe] : []),
  ];
  const close = async () => {
    await sweeper.stop();
    await files.deliveries.stop();
    await Promise.all([files.accounts.flush(), files.objects.flush(), buckets.traffic.flush()]);
    limiters.close();
    await stores.close();
  };
  return {
    config,
    clock,
    timers,
    log,
    metrics,
    payloads,
    ...files,
    ...buckets,
    deployment: deploymentOf(config, secret),
    sweeper,
    blocks,
    removals: new Removals({ ...stores, blocks, placement }, clock),
    stores,
    blobs,
    probes,
    clientAddresses: new ClientAddresses(config.trustedProxies),
    limits: limitsOf(config, limiters),
    close,
  };
}

/** What a command must have in common with the server that it works beside. */
function deploymentOf({ s3 }: Config, secret: string): Deployment {
  return { blobs: s3 === undefined ? 'disk' : `${s3.endpoint} ${s3.bucket}`, secret };
}

/** What strangers may store together: half of everything, unless the settings say otherwise. */
function strangersLimit({ anonymousStorage, maxStorage, s3 }: Config): StrangersLimit {
  if (anonymousStorage === 'none') return null;
  if (anonymousStorage !== undefined) return anonymousStorage;
  if (maxStorage !== undefined) return Math.floor(maxStorage / 2);
  // How much S3 has left nobody knows.
  return s3 === undefined ? 'half' : null;
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

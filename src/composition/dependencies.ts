import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { Plans } from '../core/accounts/plans.ts';
import { Blocks } from '../core/content/blocks.ts';
import { Placement } from '../core/content/placement.ts';
import { Idempotency, idempotencyLease } from '../core/idempotency.ts';
import { Contact } from '../core/operation/contact.ts';
import { RestoredState } from '../core/operation/restored-state.ts';
import type { Clock, Timers } from '../core/ports/clock.ts';
import type { BlobStore } from '../core/ports/content/blob-store.ts';
import type { Stores } from '../core/ports/stores.ts';
import { Retries } from '../core/retries.ts';
import { Staleness } from '../core/staleness.ts';
import { OutboxRoom } from '../core/webhooks/outbox-room.ts';
import type { Log } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import { StoreStates } from '../observe/store-states.ts';
import { DiskBlobStore } from '../stores/blobs/disk.ts';
import { SystemNames } from '../stores/names/system-names.ts';
import { createBudgets } from './budgets.ts';
import { createRooms } from './rooms.ts';
import { loadSecret } from './secret.ts';
import { type OpenDatabase, openDatabase, openS3 } from './stores.ts';

export type ServiceOptions = {
  /** Whether the schema is created in an empty database of a server; true by default. */
  mayCreate?: boolean;
  /** The dependencies that a test may replace. */
  clock?: Clock;
  timers?: Timers;
  blobs?: BlobStore;
};

type RestoredStateParts = {
  config: Config;
  stores: Stores;
  blobs: BlobStore;
  states: StoreStates;
  clock: Clock;
};

export type Dependencies = Awaited<ReturnType<typeof createDependencies>>;

/**
 * Creates the dependencies that all APIs share.
 *
 * @param onEntered Called after a write that entered a delivery in the outbox, or made one pending again.
 */
export async function createDependencies(
  config: Config,
  log: Log,
  { mayCreate = true, clock: clockReplacement, timers = realTimers, blobs: replacement }: ServiceOptions,
  onEntered: () => void,
) {
  const { inlineLimit, uploadLease: leaseTime } = config;
  const metrics = new Metrics();
  const database = await openDatabase(config, { timers, metrics, mayCreate });
  const clock = clockReplacement ?? database.clock;
  const limit = new OutboxRoom(config.webhookMaxPending, clock, (webhookId, isReported) => {
    metrics.webhookEventDropped();
    if (isReported)
      log.log.warn({ webhookId }, 'a webhook has too many pending deliveries: new events are dropped');
  });
  const states = new StoreStates(log.log);
  const names = new SystemNames();
  const stores = database.createStores({ limit, onEntered }, { states, log: log.log, names });
  const staleness = new Staleness(database.maxAge, timers);
  // With a database server, nothing is stored on this machine.
  const isOnDisk = config.database.kind === 'file';
  const disk = isOnDisk ? await DiskBlobStore.open(join(config.dataDirectory, 'blobs')) : undefined;
  const blobs = replacement ?? (await openBlobs(config, disk, names));
  const budgets = createBudgets(config);
  const { capacity, anonymousRoom, closeRooms } = createRooms(config, { stores, disk, blobs, clock, timers });
  const blocks = new Blocks(stores.blocks, clock, timers);
  await blocks.reload();
  const retries = new Retries(timers);
  const contact = isOnDisk
    ? undefined
    : new Contact({
        ping: stores.ping,
        clock,
        timers,
        leaseTime: Math.min(leaseTime, idempotencyLease),
      });
  const restoredState = createRestoredState(database, { config, stores, blobs, states, clock });
  const settings = { inlineLimit, leaseTime, longestRead: isOnDisk ? undefined : config.longestRead };
  return {
    settings: config,
    secret: await loadSecret(config),
    log,
    clock,
    timers,
    metrics,
    states,
    database,
    stores,
    contact,
    restoredState,
    names,
    disk,
    blobs,
    budgets,
    capacity,
    closeRooms,
    blocks,
    placement: new Placement({
      settings,
      blobs,
      journal: stores.journal,
      capacity,
      clock,
      timers,
      anonymousRoom,
      blocks,
    }),
    plans: new Plans(stores.plans),
    staleness,
    retries,
    idempotency: new Idempotency({
      store: stores.idempotency,
      clock,
      timers,
      staleness,
      retries,
      leasesEndedBy: contact && (() => contact.leasesEndedBy(idempotencyLease)),
    }),
  };
}

/** Only a database server goes back in time while servers run, or unnoticed by them. */
function createRestoredState(
  { server }: OpenDatabase,
  { config, stores, blobs, states, clock }: RestoredStateParts,
): RestoredState | undefined {
  const watermark = server && blobs.watermarkOf?.(server.id);
  if (!watermark) return undefined;
  const store = {
    name: 'watermark',
    where: config.s3 && new URL(config.s3.endpoint).host,
    dispensable: true,
  };
  const observer = {
    failed: (error: unknown) => states.failed(store, error),
    answered: () => states.answered(store),
  };
  return new RestoredState({ ...stores, ...server, watermark, clock, observer });
}

async function openBlobs(
  { s3 }: Config,
  disk: DiskBlobStore | undefined,
  names: SystemNames,
): Promise<BlobStore> {
  if (s3 !== undefined) return openS3(s3, names);
  if (disk === undefined) throw new Error('without a disk, the blobs must be in S3');
  return disk;
}

export const realTimers: Timers = {
  every(milliseconds, task) {
    const timer = setInterval(task, milliseconds);
    return () => clearInterval(timer);
  },
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { Plans } from '../core/accounts/plans.ts';
import { type AnonymousLimit, AnonymousRoom } from '../core/content/anonymous-room.ts';
import { Blocks } from '../core/content/blocks.ts';
import { Capacity } from '../core/content/capacity.ts';
import { Placement } from '../core/content/placement.ts';
import { Idempotency } from '../core/idempotency.ts';
import type { Clock, Timers } from '../core/ports/clock.ts';
import type { BlobStore } from '../core/ports/content/blob-store.ts';
import { OutboxRoom } from '../core/webhooks/outbox-room.ts';
import type { Log } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import { StoreStates } from '../observe/store-states.ts';
import { DiskBlobStore } from '../stores/blobs/disk.ts';
import { SystemNames } from '../stores/names/system-names.ts';
import { createBudgets } from './budgets.ts';
import { loadSecret } from './secret.ts';
import { openS3, openStores } from './stores.ts';

/** The dependencies that a test may replace. */
export type Replacements = { clock?: Clock; timers?: Timers; blobs?: BlobStore };

export type Dependencies = Awaited<ReturnType<typeof createDependencies>>;

/**
 * Creates the dependencies that all APIs share.
 *
 * @param onEntered Called after a write that entered a delivery in the outbox, or made one pending again.
 */
export async function createDependencies(
  config: Config,
  log: Log,
  { clock = Date.now, timers = realTimers, blobs: replacement }: Replacements,
  onEntered: () => void,
) {
  const { inlineLimit, uploadLease: leaseTime, minFreeSpace } = config;
  const metrics = new Metrics();
  const limit = new OutboxRoom(config.webhookMaxPending, clock, (webhookId, isReported) => {
    metrics.webhookEventDropped();
    if (isReported)
      log.log.warn({ webhookId }, 'a webhook has too many pending deliveries: new events are dropped');
  });
  const states = new StoreStates(log.log);
  const stores = openStores(config, { limit, onEntered });
  const names = new SystemNames();
  const disk = await DiskBlobStore.open(join(config.dataDirectory, 'blobs'));
  const blobs: BlobStore = replacement ?? (config.s3 ? await openS3(config.s3, names) : disk);
  const budgets = createBudgets(config);
  const { meter, journal } = stores;
  const capacity = new Capacity({ limits: config, meter, spaces: [disk], clock });
  const anonymousRoom = new AnonymousRoom({
    limit: anonymousLimit(config),
    minFreeSpace,
    meter,
    disk,
    clock,
  });
  const blocks = new Blocks(stores.blocks, clock, timers);
  await blocks.reload();
  const settings = { inlineLimit, leaseTime };
  return {
    settings: config,
    secret: await loadSecret(config),
    log,
    clock,
    timers,
    metrics,
    states,
    stores,
    names,
    disk,
    blobs,
    budgets,
    capacity,
    blocks,
    placement: new Placement({ settings, blobs, journal, capacity, clock, timers, anonymousRoom, blocks }),
    plans: new Plans(stores.plans),
    idempotency: new Idempotency(stores.idempotency, clock, timers),
  };
}

/** How much anonymous callers may store together: half of all room, unless the settings change it. */
function anonymousLimit({ anonymousStorage, maxStorage, s3 }: Config): AnonymousLimit {
  if (anonymousStorage === 'none') return null;
  if (anonymousStorage !== undefined) return anonymousStorage;
  if (maxStorage !== undefined) return Math.floor(maxStorage / 2);
  // S3 does not report its free space.
  return s3 === undefined ? 'half' : null;
}

const realTimers: Timers = {
  every(milliseconds, task) {
    const timer = setInterval(task, milliseconds);
    return () => clearInterval(timer);
  },
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { Plans } from '../core/accounts/plans.ts';
import { Bodies } from '../core/bodies/bodies.ts';
import { BodyMemory } from '../core/bodies/body-memory.ts';
import { ClientAddresses } from '../core/client-address.ts';
import { AnswerEncoding } from '../core/coding/answer-encoding.ts';
import { BodyDecoding } from '../core/coding/body-decoding.ts';
import { type AnonymousLimit, AnonymousRoom } from '../core/content/anonymous-room.ts';
import { Capacity } from '../core/content/capacity.ts';
import { Placement } from '../core/content/placement.ts';
import { Idempotency } from '../core/idempotency.ts';
import { Descriptors } from '../core/limits/descriptors.ts';
import { Blocks } from '../core/operation/blocks.ts';
import type { Deployment } from '../core/operation/deployment.ts';
import { Removals } from '../core/operation/removals.ts';
import { Sweeper } from '../core/operation/sweeper.ts';
import { Payloads } from '../core/payloads/payloads.ts';
import type { BlobStore } from '../core/ports/blob-store.ts';
import type { Clock, Timers } from '../core/ports/clock.ts';
import { OutboxRoom } from '../core/webhooks/outbox-room.ts';
import type { Log } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import { Refusals } from '../observe/refusals.ts';
import { StoreStates } from '../observe/store-states.ts';
import { DiskBlobStore } from '../stores/blobs/disk.ts';
import { countDescriptors } from '../stores/budgets/process-descriptors.ts';
import { WorkerDecoders } from '../stores/codings/worker-decoders.ts';
import { WorkerEncoder } from '../stores/codings/worker-encoder.ts';
import { SystemNames } from '../stores/names/system-names.ts';
import { createBuckets } from './buckets.ts';
import { createBudgets } from './budgets.ts';
import { createFiles } from './files.ts';
import { watch } from './gauges.ts';
import { probesOf } from './probes.ts';
import { createRateLimiters, limitsOf } from './rate-limits.ts';
import { loadSecret } from './secret.ts';
import { openStores } from './stores.ts';

/** What a test may put in the place of the real thing. */
type Replacements = { clock?: Clock; timers?: Timers; blobs?: BlobStore };

export type Services = Awaited<ReturnType<typeof createServices>>;

/** The composition root: builds the stores that the configuration asks for, and the core over them. */
export async function createServices(config: Config, log: Log, replacements: Replacements = {}) {
  const clock = replacements.clock ?? Date.now;
  const timers = replacements.timers ?? realTimers;
  const metrics = new Metrics();
  const outboxRoom = new OutboxRoom(config.webhookMaxPending, clock, (webhookId, isReported) => {
    metrics.webhookEventDropped();
    if (isReported) log.log.warn({ webhookId }, 'too much waits for a webhook: its events are dropped');
  });
  const states = new StoreStates(log.log);
  const stores = openStores(config, { limit: outboxRoom, onEntered: () => files.deliveries.nudge() });
  const names = new SystemNames();
  const disk = await DiskBlobStore.open(join(config.dataDirectory, 'blobs'));
  const blobs = replacements.blobs ?? (config.s3 ? await openS3(config.s3, names) : disk);
  const limiters = await createRateLimiters(config, clock, states, metrics, names.lookupForSocket);

  const budgets = createBudgets(config);
  const bodies = new Bodies(
    { ...budgets, memory: new BodyMemory(budgets.largeBodies, budgets.smallBodies), clock },
    timers,
  );
  const capacity = new Capacity({ limits: config, meter: stores.meter, spaces: [disk], clock });
  const anonymous = new AnonymousRoom({
    limit: anonymousLimit(config),
    minFreeSpace: config.minFreeSpace,
    meter: stores.meter,
    disk,
    clock,
  });
  const blocks = new Blocks(stores.blocks, clock, timers);
  await blocks.reload();
  const placement = new Placement({
    settings: { inlineLimit: config.inlineLimit, leaseTime: config.uploadLease },
    blobs,
    journal: stores.journal,
    capacity,
    clock,
    timers,
    anonymous,
    blocks,
  });
  const plans = new Plans(stores.plans);
  const idempotency = new Idempotency(stores.idempotency, clock, timers);
  const payloads = new Payloads({
    limits: config,
    store: stores.payloads,
    placement,
    idempotency,
    plans,
    clock,
  });
  const sweeper = new Sweeper({ ...stores, blobs, readers: placement.readers }, clock, timers);
  const decoders = new WorkerDecoders();
  const encoder = new WorkerEncoder();
  const secret = await loadSecret(config);
  const dependencies = {
    config,
    secret,
    budgets,
    stores,
    names,
    blobs,
    placement,
    idempotency,
    plans,
    clock,
    timers,
    log,
  };
  const files = createFiles(dependencies);
  const buckets = createBuckets(dependencies, files);
  const descriptors = new Descriptors(countDescriptors);
  watch(metrics, stores, sweeper, budgets, descriptors, capacity, disk);
  const probes = probesOf(config, { stores, blobs, disk }, limiters).map((probe) => states.watched(probe));
  const close = async () => {
    await sweeper.stop();
    await files.deliveries.stop();
    await Promise.all([files.accounts.flush(), files.files.flush(), buckets.traffic.flush()]);
    limiters.close();
    await Promise.all([decoders.close(), encoder.close()]);
    await stores.close();
  };
  return {
    config,
    clock,
    timers,
    log,
    metrics,
    bodies,
    descriptors,
    payloads,
    answerEncoding: new AnswerEncoding(encoder, budgets.encoders, budgets.answers),
    bodyDecoding: new BodyDecoding(decoders, budgets.decoders, clock, timers),
    ...files,
    ...buckets,
    deployment: deploymentOf(config, secret),
    sweeper,
    blocks,
    removals: new Removals({ ...stores, blocks, placement }, clock),
    stores,
    blobs,
    probes,
    refusals: new Refusals(metrics.registry, log, clock),
    clientAddresses: new ClientAddresses(config.trustedProxies, (peer) =>
      log.log.warn(
        { event: 'untrusted_proxy', peer },
        `X-Forwarded-For of a peer nearby is not believed; if it is your proxy, set TRUSTED_PROXIES=${peer}`,
      ),
    ),
    limits: limitsOf(config, limiters),
    close,
  };
}

/** What a command must have in common with the server that it works beside. */
function deploymentOf({ s3 }: Config, secret: string): Deployment {
  return { blobs: s3 === undefined ? 'disk' : `${s3.endpoint} ${s3.bucket}`, secret };
}

/** What strangers may store together: half of everything, unless the settings say otherwise. */
function anonymousLimit({ anonymousStorage, maxStorage, s3 }: Config): AnonymousLimit {
  if (anonymousStorage === 'none') return null;
  if (anonymousStorage !== undefined) return anonymousStorage;
  if (maxStorage !== undefined) return Math.floor(maxStorage / 2);
  // How much S3 has left nobody knows.
  return s3 === undefined ? 'half' : null;
}

const realTimers: Timers = {
  every(milliseconds, task) {
    const timer = setInterval(task, milliseconds);
    return () => clearInterval(timer);
  },
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** The S3 client is large: it is loaded only where S3 is configured. */
export async function openS3(
  settings: NonNullable<Config['s3']>,
  { lookupForSocket: lookup }: SystemNames = new SystemNames(),
) {
  const { S3BlobStore } = await import('../stores/blobs/s3.ts');
  return new S3BlobStore({ ...settings, lookup });
}

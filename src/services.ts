import { join } from 'node:path';
import type { Config } from './config/index.ts';
import { loadSecret } from './config/secret.ts';
import { Accounts } from './core/accounts/accounts.ts';
import { ApiKeys } from './core/accounts/api-keys.ts';
import { Bans } from './core/accounts/bans.ts';
import { Plans } from './core/accounts/plans.ts';
import { TrafficCounters } from './core/accounts/traffic.ts';
import { BucketObjects } from './core/buckets/bucket-objects.ts';
import { Buckets } from './core/buckets/buckets.ts';
import { MultipartCompletions } from './core/buckets/multipart-completions.ts';
import { MultipartUploads } from './core/buckets/multipart-uploads.ts';
import { ObjectCopies } from './core/buckets/object-copies.ts';
import { ObjectLists } from './core/buckets/object-lists.ts';
import { Publication } from './core/buckets/publication.ts';
import { SignedUrls } from './core/buckets/signed-urls.ts';
import { Capacity } from './core/capacity.ts';
import { ClientAddresses } from './core/client-address.ts';
import type { Deployment } from './core/deployment.ts';
import { Idempotency } from './core/idempotency.ts';
import { Confirmations } from './core/objects/confirmations.ts';
import { FileRoutes } from './core/objects/file-routes.ts';
import { Objects } from './core/objects/objects.ts';
import { Reception } from './core/objects/reception.ts';
import { RemoteFiles } from './core/objects/remote-files.ts';
import { Reservations } from './core/objects/reservations.ts';
import { Uploads } from './core/objects/uploads.ts';
import { PayloadUploads } from './core/payload-uploads.ts';
import { Payloads } from './core/payloads.ts';
import { Placement } from './core/placement.ts';
import type { BlobStore } from './core/ports/blob-store.ts';
import type { Clock, Timers } from './core/ports/clock.ts';
import type { Probe } from './core/ports/probe.ts';
import { Signer } from './core/signing.ts';
import { Sweeper } from './core/sweeper.ts';
import { Deliveries } from './core/webhooks/deliveries.ts';
import { OutboxRoom } from './core/webhooks/outbox-room.ts';
import { Subscriptions } from './core/webhooks/subscriptions.ts';
import { webhookSecret } from './core/webhooks/webhook-secret.ts';
import type { Log } from './observe/log.ts';
import { Metrics } from './observe/metrics.ts';
import { watch } from './services/gauges.ts';
import { createRateLimiters, limitsOf } from './services/rate-limits.ts';
import { DiskBlobStore } from './stores/blobs/disk.ts';
import { GuardedOutbound } from './stores/outbound/guarded-outbound.ts';
import { openConnection } from './stores/sqlite/connection.ts';
import { createSqliteStores, type SqliteStores } from './stores/sqlite/index.ts';

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
  const sweeper = new Sweeper({ ...stores, blobs, readers: placement.readers }, clock, timers);
  const secret = await loadSecret(config);
  const foundation = { config, secret, stores, blobs, placement, idempotency, clock, timers, log };
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

type Foundation = {
  config: Config;
  secret: string;
  stores: SqliteStores;
  blobs: BlobStore;
  placement: Placement;
  idempotency: Idempotency;
  clock: Clock;
  timers: Timers;
  log: Log;
};

/** Accounts, the files that they hold, and all that is uploaded by way of addresses. */
function createFiles(foundation: Foundation) {
  const { config, secret, stores, blobs, placement, idempotency, clock, timers, log } = foundation;
  const { direct } = blobs;
  const signer = new Signer(secret);
  const outbound = new GuardedOutbound({ allowPrivate: config.webhookAllowPrivate });
  const secretOf = (webhookId: string) => webhookSecret(secret, webhookId);
  const deliveries = new Deliveries(stores.webhooks, outbound, secretOf, clock, timers, (error) =>
    log.log.warn({ err: error }, 'webhooks could not be delivered for now'),
  );
  const plans = new Plans(stores.plans);
  const { longestUpload } = config;
  const reservations = new Reservations(
    stores.uploads,
    direct,
    placement,
    longestUpload,
    signer,
    clock,
    timers,
  );
  const uploads = new Uploads(config, stores.uploads, plans, reservations, clock);
  const confirmations = new Confirmations(
    { uploads: stores.uploads, direct },
    uploads,
    placement,
    longestUpload,
    clock,
    () => deliveries.nudge(),
  );
  return {
    signer,
    outbound,
    plans,
    accounts: new Accounts(stores.accounts, plans, clock, timers),
    bans: new Bans(config.bannedAddresses, stores.bans, clock),
    uploads,
    reception: new Reception(stores.uploads, placement, signer, clock),
    confirmations,
    remoteFiles: new RemoteFiles(
      { ...stores, outbound },
      uploads,
      plans,
      placement,
      config.maxObjectSize,
      clock,
    ),
    objects: new Objects(stores.objects, placement, signer, clock, timers),
    payloadUploads: new PayloadUploads(
      config,
      { ...stores, direct },
      reservations,
      placement,
      idempotency,
      clock,
    ),
    fileRoutes: new FileRoutes(stores.fileRoutes, outbound, clock),
    deliveries,
    webhookSecret: secretOf,
  };
}

/** Buckets, and the objects that programs put into them. */
function createBuckets(
  { config, stores, blobs, placement, idempotency, clock, timers }: Foundation,
  { plans, signer, deliveries, outbound, webhookSecret: secretOf }: ReturnType<typeof createFiles>,
) {
  const announce = () => deliveries.nudgeIfEntered();
  const buckets = new Buckets(stores.buckets, idempotency, signer, config.maxTtl, clock);
  const objectStores = { objects: stores.objects, writes: stores.objectWrites, accounts: stores.accounts };
  const publication = new Publication(objectStores, clock, announce);
  const bucketObjects = new BucketObjects(
    config,
    objectStores,
    buckets,
    plans,
    publication,
    placement,
    idempotency,
    clock,
    announce,
  );
  const multipartStores = { ...objectStores, ...stores, direct: blobs.direct };
  const multipartUploads = new MultipartUploads(
    config,
    multipartStores,
    buckets,
    plans,
    placement,
    idempotency,
    clock,
  );
  return {
    buckets,
    bucketObjects,
    objectCopies: new ObjectCopies(
      buckets,
      bucketObjects,
      plans,
      publication,
      placement,
      idempotency,
      config.longestUpload,
    ),
    objectLists: new ObjectLists(stores.objects, signer, clock),
    multipartUploads,
    multipartCompletions: new MultipartCompletions(
      multipartStores,
      multipartUploads,
      buckets,
      plans,
      idempotency,
      clock,
      announce,
    ),
    signedUrls: new SignedUrls(buckets, stores, idempotency, signer, clock),
    apiKeys: new ApiKeys(stores.accounts, idempotency, signer, clock),
    subscriptions: new Subscriptions(
      { store: stores.subscriptions, outbound, secretOf },
      idempotency,
      signer,
      clock,
      announce,
    ),
    traffic: new TrafficCounters(stores.traffic, clock, timers),
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

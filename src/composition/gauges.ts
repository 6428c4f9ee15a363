import type { Descriptors } from '../core/limits/descriptors.ts';
import type { Sweeper } from '../core/operation/sweeper.ts';
import type { Dependencies } from './dependencies.ts';

type Watched = Pick<
  Dependencies,
  'metrics' | 'database' | 'stores' | 'budgets' | 'capacity' | 'disk' | 'clock'
> & {
  sweeper: Sweeper;
  descriptors: Descriptors;
};

/** Registers the gauges. Their values are read when the metrics are requested. */
export function registerGauges({
  metrics,
  database,
  stores,
  budgets,
  capacity,
  disk,
  clock,
  sweeper,
  descriptors,
}: Watched): void {
  const { answers, largeBodies, smallBodies, uploadsOfClients, uploadsOfAccounts, decoders, remoteCalls } =
    budgets;
  metrics.gauge(
    'mayfly_descriptors_scarce',
    '1 while requests are refused because file descriptors are scarce',
    () => Number(descriptors.areScarce),
    'max',
  );
  metrics.gauge(
    'mayfly_body_memory_bytes',
    'Bytes of request bodies in memory',
    () => largeBodies.taken + smallBodies.taken,
  );
  metrics.gauge(
    'mayfly_small_body_memory_bytes',
    'Bytes of small request bodies in memory',
    () => smallBodies.taken,
  );
  metrics.gauge(
    'mayfly_answer_memory_bytes',
    'Bytes of compressed responses that are not sent yet',
    () => answers.taken,
  );
  metrics.gauge(
    'mayfly_uploads_under_way',
    'Uploads in progress that count against the limit of concurrent uploads',
    () => uploadsOfClients.taken + uploadsOfAccounts.taken,
  );
  metrics.gauge(
    'mayfly_decoders_in_use',
    'Request bodies that are being decoded',
    () => decoders.short.taken + decoders.other.taken,
  );
  metrics.gauge(
    'mayfly_remote_calls_under_way',
    'Calls to other servers for which clients wait',
    () => remoteCalls.all.taken,
  );
  if (disk)
    metrics.gauge('mayfly_disk_free_bytes', 'Bytes free on the disk of DATA_DIR', () => disk.freeSpace());
  registerClusterGauges({ metrics, database, stores, capacity, sweeper, clock });
  const { cacheCounts, isSubscribed, clockState } = database;
  metrics.gauge(
    'mayfly_cache_hits',
    'Reads of rows that were cached in this process',
    () => cacheCounts.hits,
  );
  metrics.gauge(
    'mayfly_cache_misses',
    'Reads of rows that were not cached in this process',
    () => cacheCounts.misses,
  );
  metrics.gauge(
    'mayfly_changes_subscribed',
    '0 while the changes of other nodes do not arrive at this process: they take effect within CACHE_SECONDS',
    () => Number(isSubscribed()),
    'min',
  );
  metrics.gauge('mayfly_commits', 'Transactions since the start', () => stores.writeCounts.commits);
  metrics.gauge('mayfly_writes', 'Writes in those transactions', () => stores.writeCounts.writers);
  if (clockState === undefined) return;
  metrics.gauge(
    'mayfly_clock_offset_seconds',
    "The time of the database minus that of the machine's clock",
    () => clockState().difference / 1000,
    'max',
  );
  metrics.gauge(
    'mayfly_clock_error_seconds',
    'By how much the time of the database, as this process knows it, may be wrong',
    () => clockState().error / 1000,
    'max',
  );
}

type OfCluster = Pick<Watched, 'metrics' | 'database' | 'stores' | 'capacity' | 'sweeper' | 'clock'>;

/** Registers the gauges of the database, whose values are the same for all processes on it. */
function registerClusterGauges({ metrics, database, stores, capacity, sweeper, clock }: OfCluster): void {
  const shared = metrics.clusterGauge.bind(metrics);
  shared(
    'mayfly_room_bytes',
    'Bytes that new content may still take, by MAX_STORAGE and MIN_FREE_SPACE; 0 while it is refused',
    async () => {
      const { byStorage, byDisk } = await capacity.room();
      return Math.max(0, Math.min(byStorage, byDisk));
    },
  );
  shared('mayfly_sweep_lag_seconds', 'Time since the earliest expiry that was not swept', async () => {
    return (await sweeper.lag()) / 1000;
  });
  shared('mayfly_blob_journal_records', 'Blobs being written or waiting to be removed', () =>
    stores.journal.count(),
  );
  shared(
    'mayfly_blob_bytes',
    'Bytes of all blobs that have a row, and bytes reserved for uploads to S3',
    async () => {
      return (await stores.meter.usage()).blobBytes;
    },
  );
  shared(
    'mayfly_anonymous_bytes',
    'Bytes stored by callers without a key, guests and claimed accounts, which ANONYMOUS_STORAGE limits',
    () => stores.meter.anonymousBytes(),
  );
  shared('mayfly_database_bytes', 'Bytes of the database in use', async () => {
    return (await stores.meter.usage()).databaseBytes;
  });
  shared('mayfly_webhook_deliveries_pending', 'Pending deliveries to webhooks', () =>
    stores.outbox.countPending(),
  );
  const { oldestSlot, countStandbys } = database;
  if (oldestSlot)
    shared(
      'mayfly_oldest_slot_seconds',
      'Time since everything in a table of payloads expired that is not emptied yet',
      async () => (await oldestSlot(clock())) / 1000,
    );
  if (countStandbys)
    shared(
      'mayfly_synchronous_standbys',
      'Standbys that have every acknowledged write; 0 while none is connected to the primary',
      countStandbys,
    );
}

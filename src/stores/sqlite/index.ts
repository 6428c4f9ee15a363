import type { Stores } from '../../core/ports/stores.ts';
import type { OutboxOptions } from '../../core/ports/webhook-store.ts';
import { SqliteAccountStore } from './accounts.ts';
import { SqliteBanStore } from './bans.ts';
import { SqliteBlockStore } from './blocks.ts';
import { SqliteBucketStore } from './buckets.ts';
import { createCaches } from './caches.ts';
import { Checkpointer } from './checkpointer.ts';
import type { Connection } from './connection.ts';
import { Damage } from './damage.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { SqliteDeploymentStore } from './deployment.ts';
import { SqliteFileRouteStore } from './file-routes.ts';
import { GroupCommit } from './group-commit.ts';
import { SqliteIdempotencyStore } from './idempotency.ts';
import { SqliteInventory } from './inventory.ts';
import { SqliteBlobJournal } from './journal.ts';
import { SqliteMultipartStore } from './multipart.ts';
import { ObjectReplacement } from './object-replacement.ts';
import { ObjectRows } from './object-rows.ts';
import { SqliteObjectWrites } from './object-writes.ts';
import { SqliteObjectStore } from './objects.ts';
import { SqlitePayloadUploadStore } from './payload-uploads.ts';
import { SqlitePayloadStore } from './payloads.ts';
import { SqlitePlanStore } from './plans.ts';
import { SqliteStorageMeter } from './storage-meter.ts';
import { StrangersBook } from './strangers-book.ts';
import { SqliteSubscriptionStore } from './subscriptions.ts';
import { SqliteTrafficStore } from './traffic.ts';
import { SqliteUpkeep } from './upkeep.ts';
import { SqliteUploadStore } from './uploads.ts';
import { UsageBook } from './usage-book.ts';
import { SqliteWebhookStore } from './webhooks.ts';

/** All stores that live in one SQLite file, over one connection and one queue of writers. */
export function createSqliteStores(connection: Connection, outbox?: OutboxOptions) {
  const damage = new Damage();
  const checkpointer = new Checkpointer(connection.raw);
  const writes = new GroupCommit(
    connection.raw,
    (totalChanges) => {
      checkpointer.changed(totalChanges);
      queue.committed();
    },
    () => connection.reserve.release(),
  );
  const journal = new SqliteBlobJournal(connection, writes);
  const idempotency = new SqliteIdempotencyStore(connection, writes);
  const meter = new SqliteStorageMeter(connection);
  const caches = createCaches(connection);
  const queue = new DeliveryQueue(connection, outbox);
  const webhooks = new SqliteWebhookStore(connection, writes, queue, caches.listening);
  const strangers = new StrangersBook(connection);
  const book = new UsageBook(connection, strangers);
  writes.gather(book);
  // After the book, which adds to it as it is written.
  writes.gather(strangers);
  // What was read within a transaction that is undone was never so.
  writes.gather({ mark: () => 0, undoTo: () => caches.listening.clear(), write: () => undefined });
  const rows = new ObjectRows(connection, journal, meter, book);
  const replacement = new ObjectReplacement(connection, rows, webhooks, caches.objects);
  const payloads = new SqlitePayloadStore(connection, writes, rows, caches.payloads);
  return {
    accounts: new SqliteAccountStore(connection, writes, caches),
    plans: new SqlitePlanStore(connection, writes, caches.plans),
    buckets: new SqliteBucketStore(connection, writes, rows, replacement, caches.buckets),
    objects: new SqliteObjectStore(connection, writes, rows, replacement, caches.objects),
    objectWrites: new SqliteObjectWrites(writes, rows, replacement),
    multipart: new SqliteMultipartStore(connection, writes, rows, replacement, journal),
    traffic: new SqliteTrafficStore(connection, writes),
    uploads: new SqliteUploadStore(connection, writes, rows, journal, webhooks),
    fileRoutes: new SqliteFileRouteStore(connection, writes),
    webhooks,
    subscriptions: new SqliteSubscriptionStore(connection, writes, queue, caches.listening),
    deployment: new SqliteDeploymentStore(connection, writes),
    inventory: new SqliteInventory(connection),
    payloads,
    payloadUploads: new SqlitePayloadUploadStore(connection, writes, rows, payloads),
    journal,
    idempotency,
    bans: new SqliteBanStore(connection, writes),
    blocks: new SqliteBlockStore(connection, writes),
    meter,
    upkeep: new SqliteUpkeep(connection, checkpointer),
    writeCounts: writes.counts,
    damage,
    ping: async () => {
      damage.require();
      connection.raw.prepare('SELECT 1').get();
    },
    close: async () => {
      await checkpointer.close();
      connection.raw.close();
    },
  } satisfies Stores;
}

export type SqliteStores = ReturnType<typeof createSqliteStores>;

import { Unhealthy } from '../../core/ports/probe.ts';
import type { Stores } from '../../core/ports/stores.ts';
import type { OutboxOptions } from '../../core/ports/webhooks/outbox.ts';
import { SqliteAccountStore } from './accounts/accounts.ts';
import { AnonymousBook } from './accounts/anonymous-book.ts';
import { SqliteBanStore } from './accounts/bans.ts';
import { SqlitePlanStore } from './accounts/plans.ts';
import { SqliteTrafficStore } from './accounts/traffic.ts';
import { UsageBook } from './accounts/usage-book.ts';
import { SqliteBucketStore } from './buckets/buckets.ts';
import { ObjectReplacement } from './buckets/object-replacement.ts';
import { SqliteObjectWrites } from './buckets/object-writes.ts';
import { SqliteBlockStore } from './content/blocks.ts';
import { SqliteInventory } from './content/inventory.ts';
import { SqliteBlobJournal } from './content/journal.ts';
import { SqliteStorageMeter } from './content/storage-meter.ts';
import { Checkpointer } from './database/checkpointer.ts';
import { CommittedChanges } from './database/committed-changes.ts';
import type { Connection } from './database/connection.ts';
import { Damage } from './database/damage.ts';
import { GroupCommit } from './database/group-commit.ts';
import { SqliteUpkeep } from './database/upkeep.ts';
import { SqliteDeploymentStore } from './deployment.ts';
import { SqliteFileRouteStore } from './files/file-routes.ts';
import { ObjectRows } from './files/object-rows.ts';
import { SqliteObjectStore } from './files/objects.ts';
import { SqliteUploadStore } from './files/uploads.ts';
import { SqliteIdempotencyStore } from './idempotency.ts';
import { movedTo } from './moving/moved-away.ts';
import { DeliveryQueue } from './outbox/delivery-queue.ts';
import { SqliteOutbox } from './outbox/outbox.ts';
import { SqliteWebhookStore } from './outbox/webhooks.ts';
import { SqlitePayloadStore } from './payloads/payloads.ts';

/** All stores of one SQLite file, with one connection and one queue of writers. */
export function createSqliteStores(connection: Connection, outboxOptions?: OutboxOptions) {
  const damage = new Damage();
  const changes = new CommittedChanges(connection.raw);
  const checkpointer = new Checkpointer(connection.raw);
  const writes = new GroupCommit(
    connection.raw,
    (totalChanges, changed) => {
      changes.announce(changed);
      checkpointer.changed(totalChanges);
      queue.committed();
    },
    () => connection.reserve.release(),
  );
  const journal = new SqliteBlobJournal(connection, writes);
  const idempotency = new SqliteIdempotencyStore(connection, writes);
  const anonymousBook = new AnonymousBook(connection);
  const meter = new SqliteStorageMeter(connection, anonymousBook);
  const queue = new DeliveryQueue(connection, outboxOptions);
  const outbox = new SqliteOutbox({ connection, writes, queue });
  const usage = new UsageBook(connection, anonymousBook);
  writes.gather(usage);
  // After the usage book, which adds to it when it is written.
  writes.gather(anonymousBook);
  const rows = new ObjectRows({ connection, journal, meter, usage });
  const replacement = new ObjectReplacement({ connection, rows, outbox });
  const payloads = new SqlitePayloadStore({ connection, writes, rows });
  return {
    accounts: new SqliteAccountStore(connection, writes),
    plans: new SqlitePlanStore(connection, writes),
    buckets: new SqliteBucketStore({ connection, writes, rows, replacement }),
    objects: new SqliteObjectStore({ connection, writes, rows, replacement }),
    objectWrites: new SqliteObjectWrites(writes, rows, replacement),
    traffic: new SqliteTrafficStore(connection, writes),
    uploads: new SqliteUploadStore({ connection, writes, rows, replacement, payloads, journal, outbox }),
    fileRoutes: new SqliteFileRouteStore(connection, writes),
    outbox,
    webhooks: new SqliteWebhookStore(connection, writes, queue),
    deployment: new SqliteDeploymentStore(connection, writes),
    inventory: new SqliteInventory(connection),
    payloads,
    journal,
    idempotency,
    bans: new SqliteBanStore(connection, writes),
    blocks: new SqliteBlockStore(connection, writes),
    meter,
    changes,
    upkeep: new SqliteUpkeep(connection, checkpointer),
    writeCounts: writes.counts,
    damage,
    ping: async () => {
      damage.require();
      const to = movedTo(connection.raw);
      if (to !== undefined)
        throw new Unhealthy('moved', `The database has moved to ${to}: only reads work, stop this server`);
    },
    close: async () => {
      await checkpointer.close();
      await writes.drain();
      connection.raw.close();
    },
  } satisfies Stores;
}

export type SqliteStores = ReturnType<typeof createSqliteStores>;

import type { Stores } from '../../core/ports/stores.ts';
import type { OutboxOptions } from '../../core/ports/webhooks/outbox.ts';
import { PostgresAccountStore } from './accounts/accounts.ts';
import { PostgresBanStore } from './accounts/bans.ts';
import { PostgresPlanStore } from './accounts/plans.ts';
import { PostgresTrafficStore } from './accounts/traffic.ts';
import { PostgresBucketStore } from './buckets/buckets.ts';
import { ObjectReplacement } from './buckets/object-replacement.ts';
import { PostgresObjectWrites } from './buckets/object-writes.ts';
import { PostgresBlockStore } from './content/blocks.ts';
import { PostgresInventory } from './content/inventory.ts';
import { PostgresBlobJournal } from './content/journal.ts';
import { PostgresRoomLeases } from './content/room-leases.ts';
import { PostgresStorageMeter } from './content/storage-meter.ts';
import { CommittedChanges } from './database/committed-changes.ts';
import type { DatabaseObserver, Sql } from './database/sql.ts';
import type { StandbyWait } from './database/standby-wait.ts';
import { PostgresUpkeep } from './database/upkeep.ts';
import { Writes } from './database/writes.ts';
import { PostgresDeploymentStore } from './deployment.ts';
import { PostgresFileRouteStore } from './files/file-routes.ts';
import { ObjectRows } from './files/object-rows.ts';
import { PostgresObjectStore } from './files/objects.ts';
import { PostgresUploadStore } from './files/uploads.ts';
import { PostgresIdempotencyStore } from './idempotency.ts';
import { DeliveryQueue } from './outbox/delivery-queue.ts';
import { PostgresOutbox } from './outbox/outbox.ts';
import { PostgresWebhookStore } from './outbox/webhooks.ts';
import type { EmptySlots } from './payloads/expired-payloads.ts';
import { PostgresPayloadStore } from './payloads/payloads.ts';

type PostgresOptions = {
  emptySlots?: EmptySlots;
  /** How long readers on other nodes may still need the parts of removed content (ms). */
  releaseGrace?: number;
  observer?: DatabaseObserver;
  /** Set if commits wait for a synchronous standby. */
  standby?: StandbyWait | undefined;
};

/** All stores of one PostgreSQL database. */
export function createPostgresStores(
  sql: Sql,
  outboxOptions: OutboxOptions = {},
  { emptySlots = 'truncate', releaseGrace = 0, observer, standby }: PostgresOptions = {},
) {
  const changes = new CommittedChanges();
  const writes = new Writes(sql, (committed) => changes.announce(committed.changes), {
    observer,
    standby,
  });
  const journal = new PostgresBlobJournal(writes, releaseGrace);
  const meter = new PostgresStorageMeter(sql);
  const queue = new DeliveryQueue(outboxOptions);
  const outbox = new PostgresOutbox(writes, queue);
  const rows = new ObjectRows(sql, journal);
  const replacement = new ObjectReplacement(rows, outbox);
  const payloads = new PostgresPayloadStore({ writes, rows, emptySlots });
  return {
    accounts: new PostgresAccountStore(writes),
    plans: new PostgresPlanStore(writes),
    buckets: new PostgresBucketStore({ writes, rows, replacement }),
    objects: new PostgresObjectStore({ writes, rows, replacement }),
    objectWrites: new PostgresObjectWrites({ writes, rows, replacement }),
    traffic: new PostgresTrafficStore(writes),
    uploads: new PostgresUploadStore({ writes, rows, replacement, payloads, journal, outbox }),
    fileRoutes: new PostgresFileRouteStore(writes),
    outbox,
    webhooks: new PostgresWebhookStore(writes, queue),
    deployment: new PostgresDeploymentStore(writes),
    inventory: new PostgresInventory(sql),
    payloads,
    journal,
    idempotency: new PostgresIdempotencyStore(writes),
    bans: new PostgresBanStore(writes),
    blocks: new PostgresBlockStore(writes),
    meter,
    roomLeases: new PostgresRoomLeases(writes),
    changes,
    upkeep: new PostgresUpkeep(writes, emptySlots === 'truncate'),
    writeCounts: writes.counts,
    // The server checks its pages itself, and reports damage with its errors.
    damage: { note: () => undefined },
    ping: async () => {
      await sql.read({ text: 'SELECT 1' });
    },
    close: () => sql.close(),
  } satisfies Stores;
}

export type PostgresStores = ReturnType<typeof createPostgresStores>;

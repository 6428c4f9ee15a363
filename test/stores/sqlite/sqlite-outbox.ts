import { eq } from 'drizzle-orm';
import { newDeliveryId } from '../../../src/core/webhooks/events.ts';
import { GroupCommit } from '../../../src/stores/sqlite/database/group-commit.ts';
import { DeliveryQueue } from '../../../src/stores/sqlite/outbox/delivery-queue.ts';
import { SqliteOutbox } from '../../../src/stores/sqlite/outbox/outbox.ts';
import { accounts, webhookDeliveries, webhooks } from '../../../src/stores/sqlite/schema/index.ts';
import type { OutboxUnderTest } from '../../ports/outbox.contract.ts';
import type { WebhookStoreUnderTest } from '../../ports/webhook-scene.ts';
import type { TemporaryStores } from './temporary-stores.ts';

/** A webhook store, and the operations of its contract suite that no port has. */
export function outboxIn({ connection }: TemporaryStores): OutboxUnderTest & { store: SqliteOutbox } {
  const { database } = connection;
  const writes = new GroupCommit(connection.raw);
  const store = new SqliteOutbox({
    connection,
    writes,
    queue: new DeliveryQueue(connection),
  });
  const nothingYet = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };
  return {
    store,
    async addWebhook(id, url, accountId = `account of ${id}`) {
      database
        .insert(accounts)
        .values({
          id: accountId,
          plan: 'free',
          createdAt: 0,
          filesBucketId: `bucket of ${accountId}`,
          ...nothingYet,
        })
        .onConflictDoNothing()
        .run();
      database.insert(webhooks).values({ id, accountId, url, createdAt: 0 }).run();
    },
    async removeWebhook(id) {
      database.delete(webhooks).where(eq(webhooks.id, id)).run();
    },
    async enter(events, undo = false) {
      await writes.atomic((tx) => {
        for (const event of events) store.enter(tx, event);
        if (undo) throw new Error('undone');
      });
    },
    async look(id) {
      const { status, lastStatus, attempts } = webhookDeliveries;
      return database
        .select({ status, lastStatus, attempts })
        .from(webhookDeliveries)
        .where(eq(webhookDeliveries.id, id))
        .get();
    },
  };
}

/** The stores, with a separate operation that enters events, which is otherwise part of a write. */
export function announcingStores(stores: TemporaryStores): WebhookStoreUnderTest {
  const writes = new GroupCommit(stores.connection.raw);
  return {
    ...stores,
    announce: (accountId, event, subject, at, body) =>
      writes.atomic((tx) =>
        stores.outbox.announce(tx, accountId, {
          ...{ event, subject, at, body },
          newDeliveryId: () => newDeliveryId(at),
        }),
      ),
  };
}

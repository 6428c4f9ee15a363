import { newDeliveryId } from '../../../src/core/webhooks/events.ts';
import { unprepared } from '../../../src/stores/postgres/database/sql.ts';
import { Writes } from '../../../src/stores/postgres/database/writes.ts';
import type { OutboxUnderTest } from '../../ports/outbox.contract.ts';
import type { WebhookStoreUnderTest } from '../../ports/webhook-scene.ts';
import type { TemporaryStores } from './open-postgres-stores.ts';

/** A webhook store, and the operations of its contract suite that no port has. */
export function outboxIn({ sql, outbox }: TemporaryStores): OutboxUnderTest {
  const writes = new Writes(sql);
  return {
    store: outbox,
    async addWebhook(id, url, accountId = `account of ${id}`) {
      await sql.write(addAccount, [accountId, `bucket of ${accountId}`]);
      await sql.write(addWebhook, [id, accountId, url]);
    },
    async removeWebhook(id) {
      await sql.write(unprepared('DELETE FROM webhooks WHERE id = $1'), [id]);
    },
    async enter(events, undo = false) {
      await writes.atomic(async (tx) => {
        for (const event of events) await outbox.enter(tx, event);
        if (undo) throw new Error('undone');
      });
    },
    async look(id) {
      const [delivery] = await sql.read<{ status: string; lastStatus: number | null; attempts: number }>(
        unprepared(
          'SELECT status, last_status AS "lastStatus", attempts FROM webhook_deliveries WHERE id = $1',
        ),
        [id],
      );
      return delivery;
    },
  };
}

const addAccount = unprepared(
  `INSERT INTO accounts
     (id, plan, created_at, files_bucket_id, stored_bytes, stored_objects, reserved_bytes, reserved_objects)
   VALUES ($1, 'free', 0, $2, 0, 0, 0, 0) ON CONFLICT DO NOTHING`,
);
const addWebhook = unprepared(
  'INSERT INTO webhooks (id, account_id, url, created_at) VALUES ($1, $2, $3, 0)',
);

/** The stores, with a separate operation that enters events, which is otherwise part of a write. */
export function announcingStores(stores: TemporaryStores): WebhookStoreUnderTest {
  const writes = new Writes(stores.sql);
  return {
    ...stores,
    announce: (accountId, event, subject, at, body) =>
      writes.atomic((tx) =>
        stores.outbox.announceAll(tx, [
          { accountId, event: { ...{ event, subject, at, body }, newDeliveryId: () => newDeliveryId(at) } },
        ]),
      ),
  };
}

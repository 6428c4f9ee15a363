import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type {
  StoredDelivery,
  StoredWebhook,
  WebhookChanges,
  WebhookPosition,
  WebhookStore,
} from '../../../core/ports/webhooks/webhook-store.ts';
import { prepared, unprepared } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';
import { afterOlder, type DeliveryQueue, forDeliveries } from './delivery-queue.ts';

export class PostgresWebhookStore implements WebhookStore {
  readonly #writes: Writes;
  readonly #queue: DeliveryQueue;

  constructor(writes: Writes, queue: DeliveryQueue) {
    this.#writes = writes;
    this.#queue = queue;
  }

  insert(
    webhook: StoredWebhook,
    maxWebhooks: number,
    seal?: Seal<StoredWebhook>,
  ): Promise<'inserted' | 'limit_reached'> {
    const { id, accountId, url, events, active, createdAt } = webhook;
    return this.#writes.atomic(async (tx) => {
      await tx.run(lockAccount, [accountId]);
      const values = [accountId, id, url, events, active, createdAt, maxWebhooks];
      const { count } = await tx.run(insert, values);
      if (count === 0) return 'limit_reached';
      await tx.keepAnswer(webhook, seal);
      return 'inserted';
    });
  }

  async find(accountId: string, id: string): Promise<StoredWebhook | undefined> {
    const [webhook] = await this.#writes.sql.read<StoredWebhook>(find, [accountId, id]);
    return webhook;
  }

  list(accountId: string, after: WebhookPosition | undefined, limit: number): Promise<StoredWebhook[]> {
    const values = [accountId, after?.createdAt ?? null, after?.id ?? null, limit];
    return this.#writes.sql.read(list, values);
  }

  update(
    accountId: string,
    id: string,
    { url, events, active }: WebhookChanges,
    seal?: Seal<StoredWebhook>,
  ): Promise<StoredWebhook | 'webhook_gone'> {
    return this.#writes.atomic(async (tx) => {
      const values = [accountId, id, url ?? null, events ?? null, active ?? null];
      const webhook = await tx.first<StoredWebhook>(update, values);
      return webhook ? tx.keepAnswer(webhook, seal) : 'webhook_gone';
    });
  }

  abandonPending(id: string, limit: number): Promise<number> {
    return this.#writes.atomic((tx) => this.#queue.abandonPending(tx, id, limit));
  }

  remove(accountId: string, id: string, seal?: Seal<null>): Promise<boolean> {
    return this.#writes.atomic(async (tx) => {
      const { count } = await tx.run(hide, [accountId, id]);
      if (count === 0) return false;
      await tx.keepAnswer(null, seal);
      return true;
    });
  }

  deliveries(webhookId: string, before: string | undefined, limit: number): Promise<StoredDelivery[]> {
    return this.#writes.sql.read(listDeliveries, [webhookId, before ?? null, limit]);
  }

  redeliver(
    accountId: string,
    webhookId: string,
    id: string,
    now: number,
    seal?: Seal<StoredDelivery>,
  ): Promise<StoredDelivery | 'webhook_gone' | 'delivery_gone' | 'webhook_inactive'> {
    return this.#writes.atomic(async (tx) => {
      const webhook = await tx.first<StoredWebhook>(lock, [accountId, webhookId]);
      if (webhook === undefined) return 'webhook_gone';
      const before = await tx.first<StoredDelivery>(findDelivery, [webhookId, id]);
      if (before === undefined) return 'delivery_gone';
      if (!webhook.active) return 'webhook_inactive';
      if (!(await this.#queue.redeliver(tx, webhookId, id, now))) return 'delivery_gone';
      const delivery = await tx.first<StoredDelivery>(findDelivery, [webhookId, id]);
      return delivery ? tx.keepAnswer(delivery, seal) : 'delivery_gone';
    });
  }
}

/** The webhooks of an account, except those of its file routes. */
const ofAccount = 'account_id = $1 AND events IS NOT NULL';
const columns = 'id, account_id AS "accountId", url, events, active, created_at AS "createdAt"';

const find = prepared(`SELECT ${columns} FROM webhooks WHERE ${ofAccount} AND id = $2`);
const lock = unprepared(`SELECT ${columns} FROM webhooks WHERE ${ofAccount} AND id = $2 ${forDeliveries}`);
const list = unprepared(
  `SELECT ${columns} FROM webhooks
   WHERE ${ofAccount} AND ($2::int8 IS NULL OR (created_at, id) > ($2, $3))
   ORDER BY created_at, id LIMIT $4`,
);
// Inserts into one account exclude each other, so that each one counts those before it.
const lockAccount = unprepared('SELECT FROM accounts WHERE id = $1 FOR NO KEY UPDATE');
const insert = unprepared(
  `INSERT INTO webhooks (id, account_id, url, events, active, created_at)
   SELECT $2, $1, $3, $4, $5, $6 WHERE (SELECT count(*) FROM webhooks WHERE ${ofAccount}) < $7`,
);
const update = unprepared(
  `UPDATE webhooks SET url = coalesce($3, url), events = coalesce($4, events), active = coalesce($5, active)
   WHERE ${ofAccount} AND id = $2 RETURNING ${columns}`,
);
/**
 * A removed webhook is first hidden, because deleting many deliveries takes long; the sweep does that. `events: null`
 * hides it from the account, and `active: false` distinguishes it from the webhook of a file route.
 */
const hide = unprepared(`UPDATE webhooks SET events = NULL, active = false WHERE ${ofAccount} AND id = $2`);

// A delivery that waits for an older one shows the time of that one.
const deliveryColumns = `n::text AS position, id, event, status, attempts, last_status AS "lastStatus",
  CASE next_attempt_at WHEN ${afterOlder} THEN
    (SELECT next_attempt_at FROM webhook_deliveries AS older
     WHERE older.webhook_id = delivery.webhook_id AND older.subject = delivery.subject
       AND older.next_attempt_at IS NOT NULL AND older.subject IS NOT NULL ORDER BY older.n LIMIT 1)
    ELSE next_attempt_at END AS "nextAttemptAt", created_at AS "createdAt"`;
const listDeliveries = unprepared(
  `SELECT ${deliveryColumns} FROM webhook_deliveries AS delivery
   WHERE webhook_id = $1 AND ($2::int8 IS NULL OR n < $2) ORDER BY n DESC LIMIT $3`,
);
const findDelivery = unprepared(
  `SELECT ${deliveryColumns} FROM webhook_deliveries AS delivery WHERE webhook_id = $1 AND id = $2`,
);

import { and, asc, count, desc, eq, getTableColumns, isNotNull, lt, sql } from 'drizzle-orm';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import type {
  StoredDelivery,
  StoredWebhook,
  WebhookChanges,
  WebhookPosition,
  WebhookStore,
} from '../../../core/ports/webhooks/webhook-store.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import { webhookDeliveries, webhooks } from '../schema/index.ts';
import { afterOlder, type DeliveryQueue } from './delivery-queue.ts';

/**
 * A removed webhook that has deliveries is first hidden, because deleting many deliveries takes long; the sweep does
 * that. `events: null` hides it from the account, and `active: false` distinguishes it from the webhook of a file
 * route.
 */
export const hidden = { events: null, active: false };

export class SqliteWebhookStore implements WebhookStore {
  readonly #database: Connection['database'];
  readonly #writes: GroupCommit;
  readonly #queue: DeliveryQueue;

  constructor({ database }: Connection, writes: GroupCommit, queue: DeliveryQueue) {
    this.#database = database;
    this.#writes = writes;
    this.#queue = queue;
  }

  insert(
    webhook: StoredWebhook,
    maxWebhooks: number,
    seal?: Seal<StoredWebhook>,
  ): Promise<'inserted' | 'limit_reached'> {
    const { accountId } = webhook;
    return this.#writes.atomic((tx) => {
      const existing = this.#database
        .select({ count: count() })
        .from(webhooks)
        .where(isOfAccount(accountId))
        .get();
      if ((existing?.count ?? 0) >= maxWebhooks) return 'limit_reached';
      this.#database.insert(webhooks).values(webhook).run();
      tx.keepAnswer(webhook, seal);
      return 'inserted';
    });
  }

  async find(accountId: string, id: string): Promise<StoredWebhook | undefined> {
    return this.#find(accountId, id);
  }

  async list(accountId: string, after: WebhookPosition | undefined, limit: number): Promise<StoredWebhook[]> {
    const { createdAt, id } = webhooks;
    const isAfter = after && sql`(${createdAt}, ${id}) > (${after.createdAt}, ${after.id})`;
    return this.#database
      .select()
      .from(webhooks)
      .where(and(isOfAccount(accountId), isAfter))
      .orderBy(asc(createdAt), asc(id))
      .limit(limit)
      .all()
      .map(webhookOf);
  }

  update(
    accountId: string,
    id: string,
    changes: WebhookChanges,
    seal?: Seal<StoredWebhook>,
  ): Promise<StoredWebhook | 'webhook_gone'> {
    return this.#writes.atomic((tx) => {
      const before = this.#find(accountId, id);
      if (before === undefined) return 'webhook_gone';
      const webhook = { ...before, ...changes };
      const { url, events, active } = webhook;
      this.#database.update(webhooks).set({ url, events, active }).where(eq(webhooks.id, id)).run();
      return tx.keepAnswer(webhook, seal);
    });
  }

  abandonPending(id: string, limit: number): Promise<number> {
    return this.#writes.repeatable((tx) => this.#queue.abandonPending(tx, id, limit));
  }

  remove(accountId: string, id: string, seal?: Seal<null>): Promise<boolean> {
    return this.#writes.atomic((tx) => {
      if (this.#find(accountId, id) === undefined) return false;
      const hasId = eq(webhooks.id, id);
      if (this.#deliveriesOf(id).limit(1).get())
        this.#database.update(webhooks).set(hidden).where(hasId).run();
      else this.#database.delete(webhooks).where(hasId).run();
      tx.keepAnswer(null, seal);
      return true;
    });
  }

  async deliveries(webhookId: string, before: string | undefined, limit: number): Promise<StoredDelivery[]> {
    const isBefore = before === undefined ? undefined : lt(webhookDeliveries.n, Number(before));
    return this.#deliveriesOf(webhookId, isBefore).orderBy(desc(webhookDeliveries.n)).limit(limit).all();
  }

  redeliver(
    accountId: string,
    webhookId: string,
    id: string,
    now: number,
    seal?: Seal<StoredDelivery>,
  ): Promise<StoredDelivery | 'webhook_gone' | 'delivery_gone' | 'webhook_inactive'> {
    return this.#writes.atomic((tx) => {
      const find = () => this.#deliveriesOf(webhookId, eq(webhookDeliveries.id, id)).get();
      const webhook = this.#find(accountId, webhookId);
      if (webhook === undefined) return 'webhook_gone';
      if (find() === undefined) return 'delivery_gone';
      if (!webhook.active) return 'webhook_inactive';
      this.#queue.redeliver(tx, webhookId, id, now);
      const delivery = find();
      return delivery ? tx.keepAnswer(delivery, seal) : 'delivery_gone';
    });
  }

  #find(accountId: string, id: string): StoredWebhook | undefined {
    const row = this.#database
      .select()
      .from(webhooks)
      .where(and(isOfAccount(accountId), eq(webhooks.id, id)))
      .get();
    return row && webhookOf(row);
  }

  #deliveriesOf(webhookId: string, condition?: ReturnType<typeof eq>) {
    return this.#database
      .select(deliveryColumns)
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.webhookId, webhookId), condition))
      .$dynamic();
  }
}

/** The webhooks of an account, except those of its file routes. */
function isOfAccount(accountId: string) {
  return and(eq(webhooks.accountId, accountId), isNotNull(webhooks.events));
}

function webhookOf({ events, ...row }: typeof webhooks.$inferSelect): StoredWebhook {
  return { ...row, events: events ?? [] };
}

const { n, id, event, status, attempts, lastStatus, nextAttemptAt, createdAt } =
  getTableColumns(webhookDeliveries);
const deliveryColumns = {
  position: sql<string>`CAST(${n} AS TEXT)`,
  ...{ id, event, status, attempts, lastStatus, createdAt },
  // A delivery that waits for an older one shows the time of that one. The subquery is plain SQL because the query
  // builder omits the table from column names, which would then refer to the older row.
  nextAttemptAt: sql<number | null>`CASE ${nextAttemptAt} WHEN ${sql.raw(String(afterOlder))} THEN
    (SELECT next_attempt_at FROM webhook_deliveries AS older INDEXED BY webhook_deliveries_subject
     WHERE older.webhook_id = webhook_deliveries.webhook_id AND older.subject = webhook_deliveries.subject
       AND older.next_attempt_at IS NOT NULL ORDER BY older.n LIMIT 1)
    ELSE ${nextAttemptAt} END`,
};

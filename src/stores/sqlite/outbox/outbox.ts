import { count, inArray, isNotNull, sql } from 'drizzle-orm';
import type { ObjectEvent } from '../../../core/ports/buckets/object-store.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import type {
  ClaimedDelivery,
  DeliveryClaim,
  DueDelivery,
  Outbox,
  OutgoingEvent,
} from '../../../core/ports/webhooks/outbox.ts';
import { swept } from '../content/expired-rows.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { Transaction } from '../database/transaction.ts';
import { webhookDeliveries } from '../schema/index.ts';
import type { DeliveryQueue } from './delivery-queue.ts';

const { placeholder } = sql;

/** Deliveries of an inactive webhook that fail in one transaction. */
const abandonBatch = 500;

type SqliteOutboxDeps = {
  connection: Connection;
  writes: GroupCommit;
  queue: DeliveryQueue;
};

export class SqliteOutbox implements Outbox {
  readonly #deps: SqliteOutboxDeps;
  readonly #statements;
  /** The claimed webhooks, and until when: in memory, since only one process serves from the file. */
  readonly #claimed = new Map<string, number>();

  constructor(deps: SqliteOutboxDeps) {
    this.#deps = deps;
    this.#statements = prepareStatements(deps.connection);
  }

  /** Enters an event, due now. */
  enter(tx: Transaction, event: OutgoingEvent): void {
    this.#deps.queue.enter(tx, event);
  }

  /**
   * Enters a delivery for each active webhook of an account that listens to the event. Builds the body once, and only
   * if there is such a webhook.
   */
  announce(
    tx: Transaction,
    accountId: string,
    { event, subject, at, body, newDeliveryId }: ObjectEvent,
  ): void {
    const listening = this.#statements.listening
      .all(accountId)
      .filter(({ events }) => (JSON.parse(events) as string[]).includes(event));
    if (listening.length === 0) return;
    const delivery = { event, subject, body: body(), createdAt: at };
    for (const { id: webhookId } of listening)
      this.#deps.queue.enter(tx, { ...delivery, webhookId, id: newDeliveryId() });
  }

  async due(now: number): Promise<DueDelivery[]> {
    return this.#statements.due.all({ now }).filter(({ webhookId }) => this.#isFree(webhookId, now));
  }

  async claim(ids: string[], now: number, leaseTime: number): Promise<ClaimedDelivery[]> {
    const claimedUntil = now + leaseTime;
    const claimed = await this.#deps.writes.atomic((tx) => {
      const busy = [...this.#claimed.keys()].filter((webhookId) => !this.#isFree(webhookId, now));
      const claim = { ids: JSON.stringify(ids), busy: JSON.stringify(busy), now, claimedUntil };
      const taken = this.#statements.claim.all(claim);
      return taken.filter(({ isActive, ...delivery }) => {
        const { webhookId } = delivery;
        if (isActive) {
          this.#claimed.set(webhookId, claimedUntil);
          return true;
        }
        this.#deps.queue.abandonPending(tx, webhookId, abandonBatch);
        this.#deps.queue.failed(tx, { ...delivery, claimedUntil }, null, null, now);
        return false;
      });
    });
    return claimed
      .sort((one, other) => one.n - other.n)
      .map(({ n: _n, isActive: _isActive, ...delivery }) => ({ ...delivery, claimedUntil }));
  }

  async delivered(claim: DeliveryClaim, status: number, now: number): Promise<void> {
    await this.#deps.writes.atomic((tx) => this.#deps.queue.delivered(tx, claim, status, now));
    this.#release(claim);
  }

  async failed(
    claim: DeliveryClaim,
    status: number | null,
    nextAttemptAt: number | null,
    now: number,
  ): Promise<void> {
    await this.#deps.writes.atomic((tx) => this.#deps.queue.failed(tx, claim, status, nextAttemptAt, now));
    this.#release(claim);
  }

  removeOld(createdBefore: number, budget: number): Promise<Swept> {
    return this.#deps.writes.repeatable((tx) => {
      const { changes } = this.#statements.removeOld.run({ createdBefore, limit: budget });
      return swept(changes + this.#removeOrphaned(tx, budget - changes), budget);
    });
  }

  async countPending(): Promise<number> {
    return this.#statements.countPending.get()?.count ?? 0;
  }

  #isFree(webhookId: string, now: number): boolean {
    return (this.#claimed.get(webhookId) ?? now) <= now;
  }

  #release({ webhookId, claimedUntil }: DeliveryClaim): void {
    if (this.#claimed.get(webhookId) === claimedUntil) this.#claimed.delete(webhookId);
  }

  /** Removes deliveries of hidden webhooks, and then those webhooks (see `hidden` in webhooks.ts). */
  #removeOrphaned(_tx: Transaction, limit: number): number {
    let removed = 0;
    for (const webhookId of this.#statements.hidden.all()) {
      if (removed >= limit) break;
      const { changes } = this.#statements.removeDeliveries.run(webhookId, limit - removed);
      removed += changes;
      if (removed < limit) this.#statements.removeWebhook.run(webhookId);
    }
    return removed;
  }
}

type ClaimedRow = Omit<ClaimedDelivery, 'claimedUntil'> & { n: number; isActive: number };

/**
 * The next due delivery of each webhook. One index lookup for each webhook, so that a receiver with a hundred thousand
 * pending deliveries costs no more than others.
 */
const nextOfEach = `WITH RECURSIVE
  waiting (webhook_id) AS (
    SELECT (SELECT webhook_id FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL
            ORDER BY webhook_id LIMIT 1)
    UNION ALL
    SELECT (SELECT webhook_id FROM webhook_deliveries
            WHERE next_attempt_at IS NOT NULL AND webhook_id > waiting.webhook_id
            ORDER BY webhook_id LIMIT 1)
    FROM waiting WHERE webhook_id IS NOT NULL),
  next_of_each (n) AS (
    SELECT (SELECT n FROM webhook_deliveries
            WHERE next_attempt_at IS NOT NULL AND webhook_id = waiting.webhook_id
            ORDER BY next_attempt_at, n LIMIT 1)
    FROM waiting)`;

function prepareStatements({ database, raw }: Connection) {
  const { n, status, createdAt } = webhookDeliveries;
  const table = webhookDeliveries;
  const isOld = sql`${n} IN (SELECT ${n} FROM ${table}
    WHERE ${createdAt} < ${placeholder('createdBefore')} AND ${inArray(status, ['delivered', 'failed'])}
    ORDER BY ${createdAt} LIMIT ${placeholder('limit')})`;
  return {
    // Runs with every write of an object. It selects by the account only, because nearly all accounts have no webhook.
    listening: raw.prepare<[string], { id: string; events: string }>(
      'SELECT id, events FROM webhooks WHERE account_id = ? AND active AND events IS NOT NULL',
    ),
    due: raw.prepare<[{ now: number }], DueDelivery>(
      `${nextOfEach}
       SELECT delivery.id, webhook_id AS webhookId, account_id AS accountId
       FROM next_of_each JOIN webhook_deliveries AS delivery USING (n) JOIN webhooks ON webhooks.id = webhook_id
       WHERE next_attempt_at <= @now ORDER BY next_attempt_at, n`,
    ),
    claim: raw.prepare<[{ ids: string; busy: string; now: number; claimedUntil: number }], ClaimedRow>(
      `UPDATE webhook_deliveries SET next_attempt_at = @claimedUntil, attempts = attempts + 1
       WHERE id IN (SELECT value FROM json_each(@ids)) AND next_attempt_at <= @now
         AND webhook_id NOT IN (SELECT value FROM json_each(@busy))
       RETURNING n, id, webhook_id AS webhookId, event, subject, body, created_at AS createdAt, attempts,
         (SELECT account_id FROM webhooks WHERE id = webhook_id) AS accountId,
         (SELECT url FROM webhooks WHERE id = webhook_id) AS url,
         (SELECT active FROM webhooks WHERE id = webhook_id) AS isActive`,
    ),
    countPending: database
      .select({ count: count() })
      .from(table)
      .where(isNotNull(table.nextAttemptAt))
      .prepare(),
    removeOld: database.delete(table).where(isOld).prepare(),
    hidden: raw.prepare<[], string>('SELECT id FROM webhooks WHERE events IS NULL AND NOT active').pluck(),
    removeDeliveries: raw.prepare<[string, number]>(
      `DELETE FROM webhook_deliveries WHERE n IN
         (SELECT n FROM webhook_deliveries WHERE webhook_id = ? LIMIT ?)`,
    ),
    removeWebhook: raw.prepare<[string]>('DELETE FROM webhooks WHERE id = ?'),
  };
}

import type { ObjectEvent } from '../../../core/ports/buckets/object-store.ts';
import type { Swept } from '../../../core/ports/swept.ts';
import type {
  ClaimedDelivery,
  DeliveryClaim,
  DueDelivery,
  Outbox,
  OutgoingEvent,
} from '../../../core/ports/webhooks/outbox.ts';
import { prepared, unprepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Writes } from '../database/writes.ts';
import { type DeliveryQueue, forDeliveries } from './delivery-queue.ts';

/** Deliveries of an inactive webhook that fail in one transaction. */
const abandonBatch = 500;

/** An event for the webhooks of an account. */
export type AccountEvent = { accountId: string; event: ObjectEvent };

export class PostgresOutbox implements Outbox {
  readonly #writes: Writes;
  readonly #queue: DeliveryQueue;

  constructor(writes: Writes, queue: DeliveryQueue) {
    this.#writes = writes;
    this.#queue = queue;
  }

  /** Enters an event, due now, if its webhook is active. */
  async enter(tx: Transaction, { id, webhookId, body, ...event }: OutgoingEvent): Promise<void> {
    if ((await tx.first(lockActive, [webhookId])) === undefined) return;
    await this.#queue.enter(tx, [{ ...event, body: () => body, receivers: [{ id, webhookId }] }]);
  }

  /**
   * Enters deliveries of events in the order of the events, for each one to the active webhooks of its account that
   * listen to it. Call it at most once in a transaction, so that webhooks are locked in one order.
   */
  async announceAll(tx: Transaction, announced: AccountEvent[]): Promise<void> {
    if (announced.length === 0) return;
    const accountIds = new Set(announced.map(({ accountId }) => accountId));
    const names = new Set(announced.map(({ event }) => event.event));
    const webhooks = await tx.all<Listener>(lockListening, [[...accountIds], [...names]]);
    if (webhooks.length === 0) return;
    const listeners = Map.groupBy(webhooks, ({ accountId }) => accountId);
    const queued = announced.map(({ accountId, event: { event, subject, at, body, newDeliveryId } }) => {
      const receivers = (listeners.get(accountId) ?? [])
        .filter(({ events }) => events.includes(event))
        .map(({ webhookId }) => ({ webhookId, id: newDeliveryId() }));
      return { event, subject, body, createdAt: at, receivers };
    });
    await this.#queue.enter(tx, queued);
  }

  due(now: number): Promise<DueDelivery[]> {
    return this.#writes.sql.read(due, [now]);
  }

  async claim(ids: string[], now: number, leaseTime: number): Promise<ClaimedDelivery[]> {
    const claimedUntil = now + leaseTime;
    const rows = await this.#writes.atomic(async (tx) => {
      // A statement of its own: the next one sees which deliveries earlier claimers left.
      const free = (await tx.all<{ id: string }>(lockFree, [ids, now])).map(({ id }) => id);
      return free.length === 0 ? [] : tx.all<ClaimedRow>(claim, [ids, now, claimedUntil, free]);
    });
    const claimed: ClaimedDelivery[] = [];
    for (const { n: _n, isActive, ...row } of rows.sort((one, other) => one.n - other.n)) {
      const delivery = { ...row, claimedUntil };
      if (isActive) claimed.push(delivery);
      else await this.#abandon(delivery, now);
    }
    return claimed;
  }

  async delivered(claim: DeliveryClaim, status: number, now: number): Promise<void> {
    await this.#writes.atomic((tx) => this.#queue.delivered(tx, claim, status, now));
  }

  async failed(
    claim: DeliveryClaim,
    status: number | null,
    nextAttemptAt: number | null,
    now: number,
  ): Promise<void> {
    await this.#writes.atomic((tx) => this.#queue.failed(tx, claim, status, nextAttemptAt, now));
  }

  async removeOld(createdBefore: number, budget: number): Promise<Swept> {
    const { count } = await this.#writes.single(removeOld, [createdBefore, budget]);
    const removed = count + (await this.#removeOrphaned(budget - count));
    return { removed, isDone: removed < budget };
  }

  async countPending(): Promise<number> {
    const [row] = await this.#writes.sql.read<{ count: number }>(countPending);
    return row?.count ?? 0;
  }

  /** Fails a delivery of an inactive webhook, and others of this webhook. */
  async #abandon(claim: DeliveryClaim, now: number): Promise<void> {
    await this.#writes.atomic(async (tx) => {
      await this.#queue.abandonPending(tx, claim.webhookId, abandonBatch);
      await this.#queue.failed(tx, claim, null, null, now);
    });
  }

  /** Removes deliveries of hidden webhooks, and then those webhooks (see `hidden` in webhooks.ts). */
  async #removeOrphaned(limit: number): Promise<number> {
    const webhooks = await this.#writes.sql.read<{ id: string }>(hidden);
    if (webhooks.length === 0) return 0;
    const ids = webhooks.map(({ id }) => id);
    const { count } = await this.#writes.single(removeDeliveries, [ids, limit]);
    if (count < limit) await this.#writes.single(removeWebhooks, [ids]);
    return count;
  }
}

type ClaimedRow = Omit<ClaimedDelivery, 'claimedUntil'> & { n: number; isActive: boolean };

type Listener = { webhookId: string; accountId: string; events: string[] };

const lockActive = prepared(`SELECT 1 FROM webhooks WHERE id = $1 AND active ${forDeliveries}`);
// Runs with every write of an object. Nearly all accounts have no webhook.
const lockListening = prepared(
  `SELECT id AS "webhookId", account_id AS "accountId", events FROM webhooks
   WHERE account_id = ANY ($1::text[]) AND active AND events && $2::text[] ${forDeliveries}`,
);

/**
 * The next due delivery of each webhook. One index lookup for each webhook, so that a receiver with a hundred thousand
 * pending deliveries costs no more than others.
 */
const due = prepared(
  `WITH RECURSIVE
     waiting (webhook_id) AS (
       (SELECT webhook_id FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL ORDER BY webhook_id LIMIT 1)
       UNION ALL
       SELECT (SELECT webhook_id FROM webhook_deliveries
               WHERE next_attempt_at IS NOT NULL AND webhook_id > waiting.webhook_id
               ORDER BY webhook_id LIMIT 1)
       FROM waiting WHERE webhook_id IS NOT NULL)
   SELECT delivery.id, waiting.webhook_id AS "webhookId", account_id AS "accountId"
   FROM waiting JOIN webhooks ON webhooks.id = waiting.webhook_id AND coalesce(claimed_until, 0) <= $1
     CROSS JOIN LATERAL (SELECT n, id, next_attempt_at FROM webhook_deliveries
       WHERE webhook_id = waiting.webhook_id AND next_attempt_at <= $1
       ORDER BY next_attempt_at, n LIMIT 1) AS delivery
   ORDER BY next_attempt_at, n`,
);
const lockFree = prepared(
  `SELECT id FROM webhooks
   WHERE id = ANY (ARRAY(SELECT webhook_id FROM webhook_deliveries WHERE id = ANY ($1::text[])))
     AND coalesce(claimed_until, 0) <= $2 ${forDeliveries}`,
);
const claim = prepared(
  `WITH claimed AS (
     UPDATE webhook_deliveries SET next_attempt_at = $3, attempts = attempts + 1
     WHERE id = ANY ($1::text[]) AND next_attempt_at <= $2 AND webhook_id = ANY ($4::text[])
     RETURNING n, id, webhook_id, event, subject, body, created_at, attempts),
   held AS (
     UPDATE webhooks SET claimed_until = $3 FROM claimed WHERE webhooks.id = claimed.webhook_id AND active)
   SELECT n, claimed.id, webhook_id AS "webhookId", event, subject, body, claimed.created_at AS "createdAt", attempts,
     account_id AS "accountId", url, active AS "isActive"
   FROM claimed JOIN webhooks ON webhooks.id = webhook_id`,
);
const countPending = unprepared('SELECT count(*) FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL');

const removeOld = unprepared(
  `DELETE FROM webhook_deliveries WHERE n = ANY (ARRAY(
     SELECT n FROM webhook_deliveries WHERE created_at < $1 AND status IN ('delivered', 'failed')
     ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
);
const hidden = unprepared('SELECT id FROM webhooks WHERE events IS NULL AND NOT active');
const removeDeliveries = unprepared(
  `DELETE FROM webhook_deliveries WHERE n = ANY (ARRAY(
     SELECT n FROM webhook_deliveries WHERE webhook_id = ANY ($1::text[])
     LIMIT $2 FOR UPDATE SKIP LOCKED))`,
);
const removeWebhooks = unprepared(
  `DELETE FROM webhooks WHERE id = ANY ($1::text[])
     AND NOT EXISTS (SELECT FROM webhook_deliveries WHERE webhook_id = webhooks.id)`,
);

import type {
  DeliveryClaim,
  OutboxOptions,
  OutboxVerdict,
  OutgoingEvent,
} from '../../../core/ports/webhooks/outbox.ts';
import type { Connection } from '../database/connection.ts';
import type { Transaction } from '../database/transaction.ts';

/**
 * The time of the next try for a delivery that waits for an older one about the same subject. It is the last moment
 * that a `Date` can represent, so it never comes.
 */
export const afterOlder = 8_640_000_000_000_000;

/**
 * Keeps deliveries in order. Of the pending deliveries to one webhook about one subject only the oldest has a real time
 * for its next try; when it ends, the next one gets a time. So each step changes one or two rows, however many are
 * pending.
 */
export class DeliveryQueue {
  readonly #options: OutboxOptions;
  readonly #statements;
  #hasEntered = false;

  constructor(connection: Connection, options: OutboxOptions = {}) {
    this.#options = options;
    this.#statements = prepareStatements(connection);
  }

  enter(tx: Transaction, event: OutgoingEvent): void {
    const status = this.#verdict(tx, event.webhookId);
    if (status === 'dropped') return;
    const { changes } = this.#statements.enter.run({ ...event, status });
    if (changes > 0) this.#hasEntered = true;
  }

  /** Call this after every commit. */
  committed(): void {
    if (!this.#hasEntered) return;
    this.#hasEntered = false;
    this.#options.onEntered?.();
  }

  #verdict(_tx: Transaction, webhookId: string): OutboxVerdict {
    const { limit } = this.#options;
    if (limit === undefined) return 'pending';
    const admissions = limit.begin();
    const isCounted = admissions.needsCount(webhookId);
    const verdict = admissions.admit(
      webhookId,
      isCounted ? (this.#statements.countPending.get(webhookId) ?? 0) : undefined,
    );
    // At once: the other writers of the transaction share the room, and a transaction never runs again.
    admissions.commit();
    return verdict;
  }

  delivered(_tx: Transaction, { id, attempts }: DeliveryClaim, lastStatus: number, now: number): void {
    this.#wakeNext(this.#statements.delivered.get({ id, attempts, lastStatus }), now);
  }

  failed(
    _tx: Transaction,
    { id, attempts }: DeliveryClaim,
    lastStatus: number | null,
    nextAttemptAt: number | null,
    now: number,
  ): void {
    if (nextAttemptAt === null)
      this.#wakeNext(this.#statements.abandon.get({ id, attempts, lastStatus }), now);
    else this.#statements.postpone.run({ id, attempts, lastStatus, nextAttemptAt });
  }

  /** Fails pending deliveries of an inactive webhook, for each subject the newest first. @returns How many. */
  abandonPending(_tx: Transaction, webhookId: string, limit: number): number {
    return this.#statements.abandonPending.run({ webhookId, limit }).changes;
  }

  /** Makes a delivery pending again, due now or after an older one. @returns Whether the webhook has this delivery. */
  redeliver(_tx: Transaction, webhookId: string, id: string, now: number): boolean {
    const delivery = this.#statements.find.get({ webhookId, id });
    if (delivery === undefined) return false;
    const { n, subject } = delivery;
    const oldest = this.#statements.oldestWaiting.get({ webhookId, subject }) ?? n;
    if (oldest > n) this.#statements.wait.run({ n: oldest, until: afterOlder });
    this.#statements.wait.run({ n, until: oldest < n ? afterOlder : now });
    this.#hasEntered = true;
    return true;
  }

  #wakeNext(ended: EndedDelivery | undefined, now: number): void {
    if (ended?.subject != null) this.#statements.wakeOldest.run({ ...ended, now });
  }
}

/** Named by its attempts too: the late result of an expired lease changes nothing. */
type Tried = { id: string; attempts: number };
type EndedDelivery = { webhookId: string; subject: string | null };

function prepareStatements({ raw }: Connection) {
  // With another index SQLite would scan all pending deliveries of the webhook.
  const oldestWaiting = `SELECT n FROM webhook_deliveries INDEXED BY webhook_deliveries_subject
    WHERE webhook_id = @webhookId AND subject = @subject AND next_attempt_at IS NOT NULL
    ORDER BY n LIMIT 1`;
  const returning = 'RETURNING webhook_id AS webhookId, subject';
  return {
    countPending: raw
      .prepare<[string], number>(
        'SELECT count(*) FROM webhook_deliveries WHERE webhook_id = ? AND next_attempt_at IS NOT NULL',
      )
      .pluck(),
    enter: raw.prepare<[OutgoingEvent & { status: 'pending' | 'failed' }]>(
      `INSERT INTO webhook_deliveries
        (id, webhook_id, event, subject, body, created_at, next_attempt_at, status, attempts)
       SELECT @id, id, @event, @subject, @body, @createdAt,
         CASE WHEN @status = 'failed' THEN NULL
           WHEN EXISTS (${oldestWaiting}) THEN ${afterOlder} ELSE @createdAt END, @status, 0
       FROM webhooks WHERE id = @webhookId AND active`,
    ),
    delivered: raw.prepare<[Tried & { lastStatus: number }], EndedDelivery>(
      `UPDATE webhook_deliveries SET status = 'delivered', last_status = @lastStatus, next_attempt_at = NULL
       WHERE id = @id AND attempts = @attempts ${returning}`,
    ),
    abandon: raw.prepare<[Tried & { lastStatus: number | null }], EndedDelivery>(
      `UPDATE webhook_deliveries SET status = 'failed', last_status = @lastStatus, next_attempt_at = NULL
       WHERE id = @id AND attempts = @attempts AND status = 'pending' ${returning}`,
    ),
    // If an older delivery became pending again during the try, this one keeps waiting for it.
    postpone: raw.prepare<[Tried & { lastStatus: number | null; nextAttemptAt: number }]>(
      `UPDATE webhook_deliveries SET last_status = @lastStatus,
         next_attempt_at = CASE next_attempt_at WHEN ${afterOlder} THEN ${afterOlder} ELSE @nextAttemptAt END
       WHERE id = @id AND attempts = @attempts AND status = 'pending'`,
    ),
    wakeOldest: raw.prepare<[{ webhookId: string; subject: string | null; now: number }]>(
      `UPDATE webhook_deliveries SET next_attempt_at = @now
       WHERE n = (${oldestWaiting}) AND next_attempt_at = ${afterOlder}`,
    ),
    // The newest first: after each commit the oldest remaining delivery is still the one with a real time.
    abandonPending: raw.prepare<[{ webhookId: string; limit: number }]>(
      `UPDATE webhook_deliveries SET status = 'failed', next_attempt_at = NULL
       WHERE n IN (SELECT n FROM webhook_deliveries INDEXED BY webhook_deliveries_subject
         WHERE webhook_id = (SELECT id FROM webhooks WHERE id = @webhookId AND NOT active)
           AND subject IS NOT NULL AND next_attempt_at IS NOT NULL
         ORDER BY subject DESC, n DESC LIMIT @limit)`,
    ),
    find: raw.prepare<[{ webhookId: string; id: string }], { n: number; subject: string | null }>(
      'SELECT n, subject FROM webhook_deliveries WHERE id = @id AND webhook_id = @webhookId',
    ),
    oldestWaiting: raw
      .prepare<[{ webhookId: string; subject: string | null }], number>(oldestWaiting)
      .pluck(),
    wait: raw.prepare<[{ n: number; until: number }]>(
      `UPDATE webhook_deliveries SET status = 'pending', next_attempt_at = @until WHERE n = @n`,
    ),
  };
}

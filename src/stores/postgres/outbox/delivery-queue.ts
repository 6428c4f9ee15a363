import type {
  DeliveryClaim,
  OutboxAdmissions,
  OutboxOptions,
  OutboxVerdict,
  OutgoingEvent,
} from '../../../core/ports/webhooks/outbox.ts';
import { prepared, unprepared } from '../database/sql.ts';
import type { Transaction } from '../database/transaction.ts';

/**
 * The time of the next try for a delivery that waits for an older one about the same subject. It is the last moment
 * that a `Date` can represent, so it never comes.
 */
export const afterOlder = 8_640_000_000_000_000;

/** An event, and the active webhooks that receive it, each with the id of its delivery. */
export type QueuedEvent = Pick<OutgoingEvent, 'event' | 'subject' | 'createdAt'> & {
  /** Makes the body as it is sent. Called at most once. */
  body: () => string;
  receivers: Pick<OutgoingEvent, 'id' | 'webhookId'>[];
};

/** A new delivery. `nextAttemptAt` is null if it is entered as failed. */
type Entered = { event: QueuedEvent; webhookId: string; id: string; nextAttemptAt: number | null };

/**
 * Keeps deliveries in order. Of the pending deliveries to one webhook about one subject only the oldest has a real time
 * for its next try; when it ends, the next one gets a time.
 *
 * Each transaction that enters or ends a delivery, or makes one pending again, first locks the row of the webhook
 * (`forDeliveries`), in a statement of its own: the statements after it see all that earlier holders committed. So the
 * delivery that is entered and the one that ends never miss each other, and no event is entered for a webhook that is
 * switched off or removed at that moment. Webhooks are locked after objects and before deliveries, several of them in
 * the order of their ids.
 */
export class DeliveryQueue {
  readonly #options: OutboxOptions;

  constructor(options: OutboxOptions = {}) {
    this.#options = options;
  }

  /** Enters deliveries in the order of the events. The caller has locked the webhooks. */
  async enter(tx: Transaction, events: QueuedEvent[]): Promise<void> {
    const entered: Entered[] = [];
    const pending = new Set<string>();
    const admissions = this.#options.limit?.begin();
    if (admissions) tx.afterCommit(() => admissions.commit());
    for (const event of events)
      for (const { id, webhookId } of event.receivers) {
        const verdict = await verdictOn(tx, webhookId, entered, admissions);
        if (verdict === 'dropped') continue;
        const lane = `${webhookId} ${event.subject}`;
        const isBehind = event.subject !== null && pending.has(lane);
        const nextAttemptAt = isBehind ? afterOlder : event.createdAt;
        if (verdict === 'pending') pending.add(lane);
        entered.push({ event, webhookId, id, nextAttemptAt: verdict === 'failed' ? null : nextAttemptAt });
      }
    if (entered.length === 0) return;
    const sent = [...new Set(entered.map(({ event }) => event))];
    const positions = new Map(sent.map((event, index) => [event, index + 1]));
    await tx.run(enter, [
      entered.map(({ webhookId }) => webhookId),
      entered.map(({ id }) => id),
      entered.map(({ nextAttemptAt }) => nextAttemptAt),
      entered.map(({ event }) => positions.get(event)),
      sent.map(({ event }) => event),
      sent.map(({ subject }) => subject),
      sent.map(({ body }) => body()),
      sent.map(({ createdAt }) => createdAt),
    ]);
    tx.afterCommit(() => this.#options.onEntered?.());
  }

  async delivered(tx: Transaction, claim: DeliveryClaim, lastStatus: number, now: number): Promise<void> {
    await tx.run(releaseWebhook, [claim.webhookId, claim.claimedUntil]);
    await tx.run(delivered, [claim.id, claim.attempts, lastStatus, now]);
  }

  /** Records a failed try of a delivery that is still pending. */
  async failed(
    tx: Transaction,
    { id, webhookId, attempts, claimedUntil }: DeliveryClaim,
    lastStatus: number | null,
    nextAttemptAt: number | null,
    now: number,
  ): Promise<void> {
    await tx.run(releaseWebhook, [webhookId, claimedUntil]);
    if (nextAttemptAt === null) await tx.run(abandon, [id, attempts, lastStatus, now]);
    else await tx.run(postpone, [id, attempts, lastStatus, nextAttemptAt]);
  }

  /** Fails pending deliveries of an inactive webhook, for each subject the newest first. @returns How many. */
  async abandonPending(tx: Transaction, webhookId: string, limit: number): Promise<number> {
    if ((await tx.first(lockInactive, [webhookId])) === undefined) return 0;
    return (await tx.run(abandonPending, [webhookId, limit])).count;
  }

  /**
   * Makes a delivery pending again, due now or after an older one. The caller has locked the webhook.
   *
   * @returns Whether the webhook has this delivery
   */
  async redeliver(tx: Transaction, webhookId: string, id: string, now: number): Promise<boolean> {
    const { count } = await tx.run(redeliver, [webhookId, id, now]);
    if (count > 0) tx.afterCommit(() => this.#options.onEntered?.());
    return count > 0;
  }
}

/** @param entered The deliveries that the transaction is about to enter. */
async function verdictOn(
  tx: Transaction,
  webhookId: string,
  entered: Entered[],
  admissions: OutboxAdmissions | undefined,
): Promise<OutboxVerdict> {
  if (admissions === undefined) return 'pending';
  if (!admissions.needsCount(webhookId)) return admissions.admit(webhookId);
  const row = await tx.first<{ count: number }>(countPending, [webhookId]);
  const more = entered.filter((each) => each.webhookId === webhookId && each.nextAttemptAt !== null);
  return admissions.admit(webhookId, (row?.count ?? 0) + more.length);
}

/** The end of a query that locks the rows of webhooks. The checks of foreign keys do not wait for this lock. */
export const forDeliveries = 'ORDER BY webhooks.id FOR NO KEY UPDATE OF webhooks';
/** The condition of the index `webhook_deliveries_subject`. */
const isWaiting = 'next_attempt_at IS NOT NULL AND subject IS NOT NULL';

/** Ends a claim of a webhook, and locks its row in any case. Each claim of a webhook ends later than those before it. */
const releaseWebhook = prepared(
  'UPDATE webhooks SET claimed_until = nullif(claimed_until, $2) WHERE id = $1',
);
const lockInactive = unprepared(`SELECT 1 FROM webhooks WHERE id = $1 AND NOT active ${forDeliveries}`);

const countPending = prepared(
  'SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $1 AND next_attempt_at IS NOT NULL',
);
// The numbers of the rows (n) are assigned in the order of the SELECT.
const enter = prepared(
  `INSERT INTO webhook_deliveries
     (webhook_id, id, event, subject, body, created_at, next_attempt_at, status, attempts)
   SELECT given.webhook_id, given.id, sent.event, sent.subject, sent.body, sent.created_at,
     CASE WHEN given.next_attempt_at IS NOT NULL AND (
         SELECT n FROM webhook_deliveries
         WHERE webhook_id = given.webhook_id AND subject = sent.subject AND ${isWaiting}
         ORDER BY n LIMIT 1) IS NOT NULL
       THEN ${afterOlder} ELSE given.next_attempt_at END,
     CASE WHEN given.next_attempt_at IS NULL THEN 'failed' ELSE 'pending' END, 0
   FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[]) WITH ORDINALITY
       AS given (webhook_id, id, next_attempt_at, event, position)
     JOIN unnest($5::text[], $6::text[], $7::text[], $8::int8[]) WITH ORDINALITY
       AS sent (event, subject, body, created_at, position) ON sent.position = given.event
   ORDER BY given.position`,
);

/**
 * Ends a delivery, and gives a time to the oldest one that waits for it. The late result of an expired lease changes
 * nothing if the delivery was claimed again.
 */
const end = (status: 'delivered' | 'failed', condition: string) =>
  `WITH ended AS (
     UPDATE webhook_deliveries SET status = '${status}', last_status = $3, next_attempt_at = NULL
     WHERE id = $1 AND attempts = $2 AND ${condition} RETURNING n, webhook_id, subject)
   UPDATE webhook_deliveries SET next_attempt_at = $4
   WHERE next_attempt_at = ${afterOlder} AND n = (
     SELECT n FROM webhook_deliveries
     WHERE webhook_id = (SELECT webhook_id FROM ended) AND subject = (SELECT subject FROM ended)
       AND n <> (SELECT n FROM ended) AND ${isWaiting}
     ORDER BY n LIMIT 1)`;
const delivered = prepared(end('delivered', 'true'));
const abandon = prepared(end('failed', "status = 'pending'"));
// If an older delivery became pending again during the try, this one keeps waiting for it.
const postpone = prepared(
  `UPDATE webhook_deliveries SET last_status = $3,
     next_attempt_at = CASE next_attempt_at WHEN ${afterOlder} THEN ${afterOlder} ELSE $4 END
   WHERE id = $1 AND attempts = $2 AND status = 'pending'`,
);

// The newest first: after each commit the oldest remaining delivery is still the one with a real time.
const abandonPending = unprepared(
  `UPDATE webhook_deliveries SET status = 'failed', next_attempt_at = NULL
   WHERE n = ANY (ARRAY(
     SELECT n FROM webhook_deliveries WHERE webhook_id = $1 AND ${isWaiting}
     ORDER BY subject DESC, n DESC LIMIT $2))`,
);

const redeliver = unprepared(
  `WITH chosen AS (
     SELECT n, subject FROM webhook_deliveries WHERE id = $2 AND webhook_id = $1 FOR NO KEY UPDATE),
   other AS (
     SELECT n FROM webhook_deliveries
     WHERE webhook_id = $1 AND subject = (SELECT subject FROM chosen) AND n <> (SELECT n FROM chosen) AND ${isWaiting}
     ORDER BY n LIMIT 1)
   UPDATE webhook_deliveries AS delivery SET status = 'pending',
     next_attempt_at = CASE WHEN delivery.n = chosen.n AND (other.n IS NULL OR other.n > chosen.n)
       THEN $3 ELSE ${afterOlder} END
   FROM chosen LEFT JOIN other ON true
   WHERE delivery.n = ANY (ARRAY[chosen.n, CASE WHEN other.n > chosen.n THEN other.n END])`,
);

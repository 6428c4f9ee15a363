import { Webhook } from 'standardwebhooks';
import type { Clock, Timers } from '../ports/clock.ts';
import type { Outbound } from '../ports/outbound.ts';
import type { ClaimedDelivery, Outbox } from '../ports/webhooks/outbox.ts';
import { nextAttempt } from './backoff.ts';
import { type DeliveryCall, DeliveryTurns } from './delivery-turns.ts';

/** How often the outbox is polled, in addition to nudges (ms). */
const checkInterval = 1000;
/** The timeout of a receiver (ms). */
const responseTimeout = 15_000;
/** The lease of a claimed delivery (ms): much longer than any try takes. After a crash the delivery is due again. */
const leaseTime = 60_000;
/** The receiver wants no more tries of this delivery (RFC 9110, section 15.5.11). */
const gone = 410;

export type DeliveryReports = {
  /** The outbox does not answer. Tries that were not recorded are repeated. */
  onError?: (error: unknown) => void;
  /** The webhook at this URL starts to fail. */
  onFailing?: (url: string, cause: unknown) => void;
};

type DeliveriesDeps = {
  store: Outbox;
  outbound: Outbound;
  /** The secrets of a webhook, `whsec_…`. A delivery has a signature by each. */
  secretsOf: (webhookId: string) => string[];
  clock: Clock;
  timers: Timers;
  reports?: DeliveryReports;
};

/**
 * Sends the deliveries of the outbox at least once, signed as Standard Webhooks define, with the same `webhook-id` on
 * every try. Each webhook gets one delivery at a time, the one that has been due longest: the process that sends it has
 * claimed the webhook. While a delivery waits for a retry, later ones may overtake it, except those about the same
 * subject. Accounts take turns (`DeliveryTurns`). Any number of processes may share an outbox; each has its own places.
 */
export class Deliveries {
  readonly #deps: DeliveriesDeps;
  readonly #reports: DeliveryReports;
  readonly #turns = new DeliveryTurns();
  readonly #inFlight = new Set<DeliveryCall & { done: Promise<void> }>();
  #stopTimer: (() => void) | undefined;
  #polling: Promise<void> | undefined;
  #pollAgain = false;

  constructor(deps: DeliveriesDeps) {
    this.#deps = deps;
    this.#reports = deps.reports ?? {};
  }

  /** Starts to deliver, including what an earlier run left. */
  start(): void {
    this.#stopTimer ??= this.#deps.timers.every(checkInterval, () => this.nudge());
    this.nudge();
  }

  /** Starts no other try, and waits for those in progress. */
  async stop(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    await this.#polling;
    await Promise.all([...this.#inFlight].map(({ done }) => done));
  }

  /** Polls the outbox now. The store calls it after it committed a delivery. Does nothing before `start`. */
  nudge(): void {
    if (this.#stopTimer === undefined) return;
    this.#pollAgain = true;
    this.#polling ??= this.#poll()
      .catch((error: unknown) => this.#reports.onError?.(error))
      .finally(() => {
        this.#polling = undefined;
        if (this.#pollAgain) this.nudge();
      });
  }

  async #poll(): Promise<void> {
    while (this.#pollAgain && this.#stopTimer !== undefined) {
      this.#pollAgain = false;
      const now = this.#deps.clock();
      // Read first: a claim is a write, and usually there is nothing to claim.
      const chosen = this.#turns.choose(await this.#deps.store.due(now), this.#inFlight, now);
      if (chosen.length === 0) continue;
      const ids = chosen.map(({ id }) => id);
      for (const delivery of await this.#deps.store.claim(ids, now, leaseTime)) this.#begin(delivery);
    }
  }

  #begin(delivery: ClaimedDelivery): void {
    const { webhookId, accountId } = delivery;
    const since = this.#deps.clock();
    const done = this.#try(delivery, since)
      .catch((error: unknown) => this.#reports.onError?.(error))
      .finally(() => {
        this.#inFlight.delete(call);
        this.nudge();
      });
    const call = { webhookId, accountId, since, done };
    this.#inFlight.add(call);
  }

  async #try(delivery: ClaimedDelivery, since: number): Promise<void> {
    let cause: unknown;
    const status = await this.#send(delivery).catch((error: unknown) => {
      cause = error;
      return null;
    });
    const now = this.#deps.clock();
    const isDelivered = status !== null && status >= 200 && status < 300;
    if (this.#turns.note(delivery.webhookId, isDelivered, now - since))
      this.#reports.onFailing?.(delivery.url, cause ?? new Error(`the receiver answered ${status}`));
    if (isDelivered) await this.#deps.store.delivered(delivery, status, now);
    else {
      const nextAttemptAt = status === gone ? null : nextAttempt(delivery, now);
      await this.#deps.store.failed(delivery, status, nextAttemptAt, now);
    }
  }

  async #send({ id, webhookId, url, body }: ClaimedDelivery): Promise<number> {
    const sentAt = new Date(this.#deps.clock());
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': this.#deps
        .secretsOf(webhookId)
        .map((secret) => new Webhook(secret).sign(id, sentAt, body))
        .join(' '),
    };
    return await this.#deps.outbound.post(url, headers, body, responseTimeout);
  }
}

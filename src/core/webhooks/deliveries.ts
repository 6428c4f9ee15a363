import { Webhook } from 'standardwebhooks';
import type { Clock, Timers } from '../ports/clock.ts';
import type { Outbound } from '../ports/outbound.ts';
import type { ClaimedDelivery, Outbox } from '../ports/outbox.ts';
import { nextAttempt } from './backoff.ts';
import { type DeliveryCall, DeliveryTurns } from './delivery-turns.ts';

/** How often it is looked for what is due (ms), beside the nudges. */
const checkInterval = 1000;
/** How long a receiver has to answer (ms). */
const answerTime = 15_000;
/** The lease of a claimed delivery (ms): much longer than the longest try. After a crash it is due again. */
const leaseTime = 60_000;
/** The receiver wants to hear no more of this (RFC 9110, section 15.5.11). */
const gone = 410;

export type DeliveryReports = {
  /** The outbox does not answer. What was not noted is tried again. */
  onError?: (error: unknown) => void;
  /** A webhook begins to fail, at this URL. */
  onFailing?: (url: string, cause: unknown) => void;
};

type DeliveriesDeps = {
  store: Outbox;
  outbound: Outbound;
  /** The secrets of a webhook, `whsec_…`: a delivery has a signature by each. */
  secretsOf: (webhookId: string) => string[];
  clock: Clock;
  timers: Timers;
  reports?: DeliveryReports;
};

/**
 * Tells webhooks what the outbox holds for them: at least once, signed by Standard Webhooks, with the same
 * `webhook-id` on every try. One delivery at a time for each webhook, that which is due longest first: one that
 * waits for another try lets later ones past, but for those about the same subject, so that a refused event holds up
 * nothing else. Accounts take turns (`DeliveryTurns`). Any number of processes may do so over one outbox; each has
 * its own places.
 */
export class Deliveries {
  readonly #deps: DeliveriesDeps;
  readonly #reports: DeliveryReports;
  readonly #turns = new DeliveryTurns();
  readonly #inFlight = new Map<string, DeliveryCall & { done: Promise<void> }>();
  #stopTimer: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  constructor(deps: DeliveriesDeps) {
    this.#deps = deps;
    this.#reports = deps.reports ?? {};
  }

  /** Delivers from now on, what was left by an earlier run first. */
  start(): void {
    this.#stopTimer ??= this.#deps.timers.every(checkInterval, () => this.nudge());
    this.nudge();
  }

  /** Begins no other try and waits for those that run. */
  async stop(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    await this.#looking;
    await Promise.all([...this.#inFlight.values()].map(({ done }) => done));
  }

  /** Looks for due deliveries now. The store calls it when one was committed. Does nothing before the start. */
  nudge(): void {
    if (this.#stopTimer === undefined) return;
    this.#lookAgain = true;
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#reports.onError?.(error))
      .finally(() => {
        this.#looking = undefined;
        if (this.#lookAgain) this.nudge();
      });
  }

  async #look(): Promise<void> {
    while (this.#lookAgain && this.#stopTimer !== undefined) {
      this.#lookAgain = false;
      const now = this.#deps.clock();
      // A read first: a claim is a write, and most of the time there is nothing to claim.
      const chosen = this.#turns.choose(await this.#deps.store.due(now), this.#inFlight.values(), now);
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
        this.#inFlight.delete(webhookId);
        this.nudge();
      });
    this.#inFlight.set(webhookId, { webhookId, accountId, since, done });
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
    if (isDelivered) await this.#deps.store.delivered(delivery.id, status, now);
    else {
      const nextAttemptAt = status === gone ? null : nextAttempt(delivery, now);
      await this.#deps.store.failed(delivery.id, status, nextAttemptAt, now);
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
    return await this.#deps.outbound.post(url, headers, body, answerTime);
  }
}

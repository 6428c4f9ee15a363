import type { Timers } from '../../src/core/ports/clock.ts';
import type { Outbox } from '../../src/core/ports/webhooks/outbox.ts';
import { Deliveries, type DeliveryReports } from '../../src/core/webhooks/deliveries.ts';
import { webhookSecret } from '../../src/core/webhooks/webhook-secret.ts';
import { GuardedOutbound } from '../../src/stores/outbound/guarded-outbound.ts';
import { outboxIn } from '../stores/sqlite/sqlite-outbox.ts';
import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { soonTimers } from './soon-timers.ts';

export const second = 1000;
export const secretOf = (webhookId: string) => webhookSecret('the server’s secret', webhookId);

/** An outbox over a real store, real receivers, and a clock that can be set ahead. */
export class DeliveriesScene {
  readonly opened = outboxIn(openTemporaryStores());
  readonly receivers: WebhookReceiver[] = [];
  readonly running: Deliveries[] = [];
  /** The failed tries that the outbox recorded, and when each is retried. */
  readonly failures: { id: string; nextAttemptAt: number | null }[] = [];
  /** How far the clock is ahead (ms). */
  ahead = 0;

  readonly clock = () => Date.now() + this.ahead;

  async end(): Promise<void> {
    for (const receiver of this.receivers) await receiver.stop();
    await Promise.all(this.running.map((deliveries) => deliveries.stop()));
  }

  async receiverOf(webhookId: string, accountId?: string): Promise<WebhookReceiver> {
    const receiver = await startWebhookReceiver(() => secretOf(webhookId));
    this.receivers.push(receiver);
    await this.opened.addWebhook(webhookId, receiver.url, accountId);
    return receiver;
  }

  /** The outbox, with changes for a test. */
  outboxWith(changes: Partial<Outbox> = {}): Outbox {
    const { store } = this.opened;
    return {
      due: (now) => store.due(now),
      claim: (...claim) => store.claim(...claim),
      delivered: (...delivery) => store.delivered(...delivery),
      failed: async (claim, status, nextAttemptAt, now) => {
        await store.failed(claim, status, nextAttemptAt, now);
        this.failures.push({ id: claim.id, nextAttemptAt });
      },
      removeOld: (...removal) => store.removeOld(...removal),
      countPending: () => store.countPending(),
      ...changes,
    };
  }

  create(timers: Timers, store = this.outboxWith(), reports?: DeliveryReports): Deliveries {
    const outbound = new GuardedOutbound({ allowPrivate: true }, async () => []);
    const deliveries = new Deliveries({
      store,
      outbound,
      secretsOf: (id) => [secretOf(id)],
      clock: this.clock,
      timers,
      reports,
    });
    this.running.push(deliveries);
    return deliveries;
  }

  start(...settings: Partial<Parameters<DeliveriesScene['create']>>): Deliveries {
    const [timers = soonTimers, store, reports] = settings;
    const deliveries = this.create(timers, store, reports);
    deliveries.start();
    return deliveries;
  }

  /** Enters events without a subject, all concurrently. */
  async enter(webhookId: string, ...ids: string[]): Promise<void> {
    const event = (id: string) => ({
      ...{ id, webhookId, event: 'made', subject: null },
      ...{ body: `{"of":"${id}","ü":1}`, createdAt: this.clock() },
    });
    await this.opened.enter(ids.map(event));
  }

  untilStatus(id: string, status: string): Promise<unknown> {
    return waitFor(`${id} ${status}`, async () => (await this.opened.look(id))?.status === status);
  }
}

/** The ids that a receiver got, in order. */
export const idsOf = ({ calls }: WebhookReceiver) => calls.map(({ id }) => id);

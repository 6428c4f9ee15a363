import { newHashId } from '../../src/core/ids.ts';
import type { ClaimedDelivery, Outbox } from '../../src/core/ports/webhooks/outbox.ts';
import type { StoredWebhook, WebhookStore } from '../../src/core/ports/webhooks/webhook-store.ts';

const allEvents = ['object.created', 'object.deleted', 'object.expired', 'upload.completed'];

type Stores = { webhooks: WebhookStore; outbox: Outbox };

export type EventReceiver = Awaited<ReturnType<typeof addReceiver>>;

/** Adds a webhook to an account, and reads the events that the outbox holds for it. */
export async function addReceiver(
  { webhooks, outbox }: Stores,
  accountId: string,
  now: number,
  events = allEvents,
) {
  const webhook: StoredWebhook = {
    ...{ id: `wh_${newHashId()}`, accountId, url: 'https://example.com/hook' },
    ...{ events, active: true, createdAt: now },
  };
  await webhooks.insert(webhook, 1000);
  return {
    webhook,
    /** The names of the events in the outbox, oldest first. */
    async events(): Promise<string[]> {
      const deliveries = await webhooks.deliveries(webhook.id, undefined, 1000);
      return deliveries.map(({ event }) => event).toReversed();
    },
    /** Claims and acknowledges all events like a worker does. Events about one subject are in order. */
    async receive(at = now): Promise<ClaimedDelivery[]> {
      const received: ClaimedDelivery[] = [];
      for (;;) {
        const due = (await outbox.due(at)).filter(({ webhookId }) => webhookId === webhook.id);
        if (due.length === 0) return received;
        const ids = due.map(({ id }) => id);
        for (const delivery of await outbox.claim(ids, at, 60_000)) {
          received.push(delivery);
          await outbox.delivered(delivery, 200, at);
        }
      }
    },
  };
}

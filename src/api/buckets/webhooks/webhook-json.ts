import { type Static, Type } from '@sinclair/typebox';
import { formatTime } from '../../../core/expiry.ts';
import type { StoredDelivery, StoredWebhook } from '../../../core/ports/webhooks/webhook-store.ts';
import type { Webhooks } from '../../../core/webhooks/webhooks.ts';
import type { Delivery, Webhook } from '../schemas.ts';

/** What the handlers of webhooks use. */
export type WebhookApi = { webhooks: Webhooks };

export const path = '/v1/webhooks';
export const webhookPath = `${path}/:id`;
const webhookId = { id: Type.String({ $id: 'webhook_id', description: 'The id of the webhook.' }) };
export const webhookParams = Type.Object(webhookId);
export const deliveryParams = Type.Object({
  ...webhookId,
  delivery_id: Type.String({ description: 'The id of the delivery.' }),
});

export function webhookJson({ id, url, events, active, createdAt }: StoredWebhook): Static<typeof Webhook> {
  return { id, url, events, active, createdAt: formatTime(createdAt) };
}

export function deliveryJson(delivery: StoredDelivery): Static<typeof Delivery> {
  const { id, event, status, attempts, lastStatus, nextAttemptAt, createdAt } = delivery;
  return {
    id,
    event,
    status,
    attempts,
    lastStatus,
    nextAttemptAt: nextAttemptAt === null ? null : formatTime(nextAttemptAt),
    createdAt: formatTime(createdAt),
  };
}

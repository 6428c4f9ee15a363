import { newTimedId } from '../ids.ts';
import type { OutgoingEvent } from '../ports/webhooks/outbox.ts';

/** The events that webhooks of an account can receive (docs/contract/buckets.md, "Webhooks"). */
export const objectEvents = [
  'object.created',
  'object.deleted',
  'object.expired',
  'upload.completed',
] as const;

export type ObjectEventName = (typeof objectEvents)[number];

/**
 * An event for a webhook, in the format that Standard Webhooks recommends: type, timestamp, data.
 *
 * @param now When it happened (ms since the epoch).
 */
export function webhookEvent(webhookId: string, event: string, data: unknown, now: number): OutgoingEvent {
  return {
    id: newDeliveryId(now),
    webhookId,
    event,
    subject: null,
    body: eventBody(event, data, now),
    createdAt: now,
  };
}

/** The body of a delivery. */
export function eventBody(event: string, data: unknown, now: number): string {
  return JSON.stringify({ type: event, timestamp: new Date(now).toISOString(), data });
}

/**
 * The `webhook-id`, by which a receiver detects repetitions. @param now When the event happened (ms since the epoch).
 */
export function newDeliveryId(now: number): string {
  return `msg_${newTimedId(now)}`;
}

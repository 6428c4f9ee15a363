import { newTimedId } from '../ids.ts';
import type { OutgoingEvent } from '../ports/outbox.ts';

/**
 * An event as a webhook is told of it, in the form that Standard Webhooks recommends: type, timestamp, data.
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

/** The body that a webhook is sent. */
export function eventBody(event: string, data: unknown, now: number): string {
  return JSON.stringify({ type: event, timestamp: new Date(now).toISOString(), data });
}

/** The `webhook-id` that a receiver tells repetitions by. @param now When the event happened (ms since the epoch). */
export function newDeliveryId(now: number): string {
  return `msg_${newTimedId(now)}`;
}

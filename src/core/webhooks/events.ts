import { newTimedId } from '../ids.ts';
import type { OutgoingEvent } from '../ports/webhook-store.ts';

/**
 * An event as a webhook is told of it, in the form that Standard Webhooks recommends: type, timestamp, data.
 *
 * @param now When it happened (ms since the epoch).
 */
export function webhookEvent(webhookId: string, event: string, data: unknown, now: number): OutgoingEvent {
  const timestamp = new Date(now).toISOString();
  return {
    id: `msg_${newTimedId(now)}`,
    webhookId,
    event,
    body: JSON.stringify({ type: event, timestamp, data }),
    createdAt: now,
  };
}

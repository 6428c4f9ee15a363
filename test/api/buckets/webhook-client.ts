import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';
import { answered, type Client, call, newClient, type Page } from './client.ts';

/** docs/contract/buckets.md, "Webhooks". */
export type Webhook = { id: string; url: string; events: string[]; active: boolean; createdAt: string };
export type CreatedWebhook = Webhook & { signingSecret: string };
export type Delivery = {
  id: string;
  event: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  lastStatus: number | null;
  nextAttemptAt: string | null;
  createdAt: string;
};

/** The body of a delivery: type, timestamp and data of Standard Webhooks. */
export type ReceivedEvent = { type: string; timestamp: string; data: Record<string, unknown> };

export const webhooksPath = '/v1/webhooks';
export const webhookPath = (id: string) => `${webhooksPath}/${id}`;

export function newWebhook(client: Client, url: string, events?: string[]): Promise<CreatedWebhook> {
  return answered(call(client, 'POST', webhooksPath, { json: { url, ...(events && { events }) } }), 201);
}

export function changed(client: Client, id: string, fields: Record<string, unknown>): Promise<Webhook> {
  return answered(call(client, 'PATCH', webhookPath(id), { json: fields }));
}

export function deliveriesOf(client: Client, id: string, query = ''): Promise<Page<Delivery>> {
  return answered(call(client, 'GET', `${webhookPath(id)}/deliveries${query}`));
}

export function redeliver(client: Client, id: string, deliveryId: string): Promise<Response> {
  return call(client, 'POST', `${webhookPath(id)}/deliveries/${deliveryId}/redeliver`);
}

export const receivedBy = ({ calls }: WebhookReceiver) =>
  calls.map(({ body }) => JSON.parse(body) as ReceivedEvent);
/** A delivery in short: the event and the key of the object. */
export const shortly = (received: ReceivedEvent[]) => received.map(({ type, data }) => `${type} ${data.key}`);

export type Listener = { client: Client; receiver: WebhookReceiver; webhook: CreatedWebhook };

/** A new account with a webhook, and its receiver, which has the secret. */
export async function newListener(
  server: Parameters<typeof newClient>[0],
  receivers: WebhookReceiver[],
  events?: string[],
): Promise<Listener> {
  let secret = '';
  const receiver = await startWebhookReceiver(() => secret);
  receivers.push(receiver);
  const client = await newClient(server);
  const webhook = await newWebhook(client, receiver.url, events);
  secret = webhook.signingSecret;
  return { client, receiver, webhook };
}

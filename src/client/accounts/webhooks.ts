import type { PageOptions } from '../buckets/bucket-types.ts';
import { accountJson, asAccount } from '../connection/account-call.ts';
import type { Connection } from '../connection/connection.ts';
import type { CallOptions } from '../uploads/uploading.ts';
import type {
  Delivery,
  DeliveryPage,
  NewWebhook,
  ObjectEvent,
  Webhook,
  WebhookChanges,
  WebhookPage,
} from './account-types.ts';

const path = '/v1/webhooks';
const webhookPath = (id: string) => `${path}/${encodeURIComponent(id)}`;

/** The webhooks of the account, and their deliveries. */
export class Webhooks {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list({ cursor, limit, signal }: PageOptions = {}): Promise<WebhookPage> {
    return accountJson<'listWebhooks'>(this.#connection, 'GET', path, { query: { cursor, limit }, signal });
  }

  /** Without `events` it gets all of them. The response has the signing secret, which is never returned again. */
  create(url: string, events?: ObjectEvent[], { signal }: CallOptions = {}): Promise<NewWebhook> {
    return accountJson<'createWebhook'>(this.#connection, 'POST', path, { json: { url, events }, signal });
  }

  get(id: string, { signal }: CallOptions = {}): Promise<Webhook> {
    return accountJson<'readWebhook'>(this.#connection, 'GET', webhookPath(id), { signal });
  }

  update(id: string, changes: WebhookChanges, { signal }: CallOptions = {}): Promise<Webhook> {
    return accountJson<'updateWebhook'>(this.#connection, 'PATCH', webhookPath(id), {
      json: changes,
      signal,
    });
  }

  async remove(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', webhookPath(id), asAccount(this.#connection, { signal }, true));
  }

  /** Newest first. Deliveries are kept for seven days. */
  deliveries(id: string, { cursor, limit, signal }: PageOptions = {}): Promise<DeliveryPage> {
    return accountJson<'listDeliveries'>(this.#connection, 'GET', `${webhookPath(id)}/deliveries`, {
      query: { cursor, limit },
      signal,
    });
  }

  redeliver(id: string, deliveryId: string, { signal }: CallOptions = {}): Promise<Delivery> {
    const target = `${webhookPath(id)}/deliveries/${encodeURIComponent(deliveryId)}/redeliver`;
    return accountJson<'redeliver'>(this.#connection, 'POST', target, { signal });
  }
}

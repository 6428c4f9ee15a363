import type { Delivery, NewWebhook, ObjectEvent, Webhook, WebhookChanges } from './account-types.ts';
import type { Page, PageOptions } from './bucket-types.ts';
import { asAccount } from './buckets.ts';
import type { Call, Connection } from './connection.ts';
import type { CallOptions } from './uploading.ts';

const path = '/v1/webhooks';
const webhookPath = (id: string) => `${path}/${encodeURIComponent(id)}`;

/** The webhooks of the account, and their deliveries. */
export class Webhooks {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list({ cursor, limit, signal }: PageOptions = {}): Promise<Page<Webhook>> {
    return this.#json('GET', path, { query: { cursor, limit }, signal });
  }

  /** Without `events` it gets all of them. The response has the signing secret, which is never returned again. */
  create(url: string, events?: ObjectEvent[], { signal }: CallOptions = {}): Promise<NewWebhook> {
    return this.#json('POST', path, { json: { url, events }, signal });
  }

  get(id: string, { signal }: CallOptions = {}): Promise<Webhook> {
    return this.#json('GET', webhookPath(id), { signal });
  }

  update(id: string, changes: WebhookChanges, { signal }: CallOptions = {}): Promise<Webhook> {
    return this.#json('PATCH', webhookPath(id), { json: changes, signal });
  }

  async remove(id: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#connection.call('DELETE', webhookPath(id), asAccount(this.#connection, { signal }, true));
  }

  /** Newest first. Deliveries are kept for seven days. */
  deliveries(id: string, { cursor, limit, signal }: PageOptions = {}): Promise<Page<Delivery>> {
    return this.#json('GET', `${webhookPath(id)}/deliveries`, { query: { cursor, limit }, signal });
  }

  redeliver(id: string, deliveryId: string, { signal }: CallOptions = {}): Promise<Delivery> {
    const target = `${webhookPath(id)}/deliveries/${encodeURIComponent(deliveryId)}/redeliver`;
    return this.#json('POST', target, { signal });
  }

  #json<Body>(method: string, path: string, call: Call): Promise<Body> {
    return this.#connection.json(method, path, asAccount(this.#connection, call, method !== 'GET'));
  }
}

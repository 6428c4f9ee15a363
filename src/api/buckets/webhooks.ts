import type { Elysia } from 'elysia';
import { formatTime } from '../../core/expiry.ts';
import type { StoredDelivery, StoredWebhook } from '../../core/ports/subscription-store.ts';
import type { Subscriptions } from '../../core/webhooks/subscriptions.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, reply, replyJson } from '../shared/exchange.ts';
import { idempotencyKey, replayedHeader } from '../shared/idempotency-key.ts';
import { listRequestIn } from '../shared/list-request.ts';
import { readSmallBody } from '../shared/request-body.ts';
import { type Methods, mountResource, type Operation } from '../shared/resource.ts';
import * as operations from './webhook-operations.ts';
import { readCreateWebhook, readUpdateWebhook } from './webhook-requests.ts';

/** What the paths about webhooks need to answer. */
export type WebhookApi = { subscriptions: Subscriptions };

type Params = { id?: string; delivery_id?: string };
type Method = NonNullable<Methods['GET']>;

/**
 * Mounts the webhooks of accounts.
 *
 * @param method Makes a method of an answer, as all of the bucket API's are made.
 */
export function mountWebhooks(
  app: Elysia,
  api: WebhookApi,
  method: (answer: (exchange: Exchange, params: Params) => Promise<Response>, operation: Operation) => Method,
): void {
  const of = (
    answer: (exchange: Exchange, api: WebhookApi, params: Params) => Promise<Response>,
    operation: Operation,
  ) => method((exchange, params) => answer(exchange, api, params), operation);
  mountResource(app, '/v1/webhooks', {
    POST: of(createWebhook, operations.createWebhookOperation),
    GET: of(listWebhooks, operations.listWebhooksOperation),
  });
  mountResource(app, '/v1/webhooks/:id', {
    GET: of(readWebhook, operations.readWebhookOperation),
    PATCH: of(updateWebhook, operations.updateWebhookOperation),
    DELETE: of(deleteWebhook, operations.deleteWebhookOperation),
  });
  mountResource(app, '/v1/webhooks/:id/deliveries', {
    GET: of(listDeliveries, operations.listDeliveriesOperation),
  });
  mountResource(app, '/v1/webhooks/:id/deliveries/:delivery_id/redeliver', {
    POST: of(redeliver, operations.redeliverOperation),
  });
}

/** `POST /v1/webhooks`: the secret is told here and never again. */
async function createWebhook(exchange: Exchange, { subscriptions }: WebhookApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange);
  const request = readCreateWebhook(body);
  const { result, replayed } = await subscriptions.create(
    { account, address: exchange.client },
    request,
    idempotencyKey(exchange, body),
  );
  const answer = { ...webhookOf(result), signingSecret: result.signingSecret };
  return replyJson(exchange, 201, answer, {
    location: `${exchange.basePath}/v1/webhooks/${result.id}`,
    'cache-control': 'no-store',
    ...replayedHeader(replayed),
  });
}

/** `GET /v1/webhooks` */
async function listWebhooks(exchange: Exchange, { subscriptions }: WebhookApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const page = await subscriptions.list(account, listRequestIn(new URL(exchange.request.url).searchParams));
  return replyJson(exchange, 200, { data: page.entries.map(webhookOf), nextCursor: page.cursor });
}

/** `GET /v1/webhooks/{id}` */
async function readWebhook(
  exchange: Exchange,
  { subscriptions }: WebhookApi,
  { id = '' }: Params,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  return replyJson(exchange, 200, webhookOf(await subscriptions.find(account, id)));
}

/** `PATCH /v1/webhooks/{id}` */
async function updateWebhook(
  exchange: Exchange,
  { subscriptions }: WebhookApi,
  { id = '' }: Params,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const body = await readSmallBody(exchange);
  const changes = readUpdateWebhook(body);
  const { result, replayed } = await subscriptions.update(
    { account, address: exchange.client },
    id,
    changes,
    idempotencyKey(exchange, body),
  );
  return replyJson(exchange, 200, webhookOf(result), replayedHeader(replayed));
}

/** `DELETE /v1/webhooks/{id}` */
async function deleteWebhook(
  exchange: Exchange,
  { subscriptions }: WebhookApi,
  { id = '' }: Params,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const { replayed } = await subscriptions.remove(account, id, idempotencyKey(exchange));
  return reply(exchange, 204, replayedHeader(replayed), null);
}

/** `GET /v1/webhooks/{id}/deliveries` */
async function listDeliveries(
  exchange: Exchange,
  { subscriptions }: WebhookApi,
  { id = '' }: Params,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const request = listRequestIn(new URL(exchange.request.url).searchParams);
  const page = await subscriptions.deliveries(account, id, request);
  return replyJson(exchange, 200, { data: page.entries.map(deliveryOf), nextCursor: page.cursor });
}

/** `POST /v1/webhooks/{id}/deliveries/{deliveryId}/redeliver` */
async function redeliver(
  exchange: Exchange,
  { subscriptions }: WebhookApi,
  { id = '', delivery_id = '' }: Params,
): Promise<Response> {
  const { account } = requireCredential(exchange, 'storage');
  const once = idempotencyKey(exchange);
  const { result, replayed } = await subscriptions.redeliver(account, id, delivery_id, once);
  return replyJson(exchange, 202, deliveryOf(result), replayedHeader(replayed));
}

function webhookOf({ id, url, events, active, createdAt }: StoredWebhook) {
  return { id, url, events, active, createdAt: formatTime(createdAt) };
}

function deliveryOf(delivery: StoredDelivery) {
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

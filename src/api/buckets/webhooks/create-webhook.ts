import { Type } from '@sinclair/typebox';
import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { webhookEndpoint } from '../endpoints.ts';
import { CreatedWebhook } from '../schemas.ts';
import { createWebhookBody, readCreateWebhook } from '../webhook-requests.ts';
import { path, type WebhookApi, webhookJson } from './webhook-json.ts';

const createWebhook = webhookEndpoint({
  method: 'POST',
  path,
  operationId: 'createWebhook',
  summary: 'Create a webhook',
  description:
    'Deliveries are signed as Standard Webhooks defines it, and retried for 24 hours. Each event is delivered at ' +
    'least once. The events of one object arrive in order.',
  headers: idempotency.requestHeaders,
  body: { schema: createWebhookBody, example: { url: 'https://example.com/hooks/mayfly' } },
  responses: {
    201: {
      description: 'The webhook. No other response has the secret.',
      body: CreatedWebhook,
      headers: {
        location: Type.String({ description: 'The path of the webhook.' }),
        'cache-control': Type.String({ description: 'no-store' }),
        ...idempotency.responseHeaders,
      },
    },
  },
});

export const create = ({ webhooks }: WebhookApi) =>
  createWebhook.byAccount(async (exchange, account) => {
    const body = await readSmallBody(exchange);
    const request = readCreateWebhook(body);
    const creator = { account, address: exchange.client };
    const { result } = await writeOnce(exchange, body, (seal) => webhooks.create(creator, request, seal));
    const created = { ...webhookJson(result), signingSecret: webhooks.secretOf(result.id) };
    return createWebhook.answer(exchange, 201, created, {
      location: `${exchange.basePath}/v1/webhooks/${result.id}`,
      'cache-control': 'no-store',
    });
  });

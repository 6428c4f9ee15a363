import { readSmallBody } from '../../shared/bodies/request-body.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { webhookEndpoint } from '../endpoints.ts';
import { Webhook } from '../schemas.ts';
import { readUpdateWebhook, updateWebhookBody } from '../webhook-requests.ts';
import { type WebhookApi, webhookJson, webhookParams, webhookPath } from './webhook-json.ts';

const updateWebhook = webhookEndpoint({
  method: 'PATCH',
  path: webhookPath,
  operationId: 'updateWebhook',
  summary: 'Update a webhook',
  description: 'An inactive webhook gets no new events, and its pending deliveries fail.',
  params: webhookParams,
  headers: idempotency.requestHeaders,
  body: { schema: updateWebhookBody, example: { active: false } },
  responses: {
    200: { description: 'The updated webhook.', body: Webhook, headers: idempotency.responseHeaders },
  },
  errors: [404],
});

export const update = ({ webhooks }: WebhookApi) =>
  updateWebhook.byAccount(async (exchange, account, { id }) => {
    const body = await readSmallBody(exchange);
    const changes = readUpdateWebhook(body);
    const editor = { account, address: exchange.client };
    const { result } = await writeOnce(exchange, body, (seal) => webhooks.update(editor, id, changes, seal));
    return updateWebhook.answer(exchange, 200, webhookJson(result), {});
  });

import { webhookEndpoint } from '../endpoints.ts';
import { Webhook } from '../schemas.ts';
import { type WebhookApi, webhookJson, webhookParams, webhookPath } from './webhook-json.ts';

const readWebhook = webhookEndpoint({
  method: 'GET',
  path: webhookPath,
  operationId: 'readWebhook',
  summary: 'Get a webhook',
  description: 'The signing secret is not shown again.',
  params: webhookParams,
  responses: { 200: { description: 'The webhook.', body: Webhook } },
  errors: [404],
});

export const read = ({ webhooks }: WebhookApi) =>
  readWebhook.byAccount(async (exchange, account, { id }) => {
    return readWebhook.answer(exchange, 200, webhookJson(await webhooks.find(account, id)), {});
  });

import { deleted } from '../../shared/endpoints/endpoint-definition.ts';
import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { webhookEndpoint } from '../endpoints.ts';
import { type WebhookApi, webhookParams, webhookPath } from './webhook-json.ts';

const deleteWebhook = webhookEndpoint({
  method: 'DELETE',
  path: webhookPath,
  operationId: 'deleteWebhook',
  summary: 'Delete a webhook',
  description: 'Its deliveries are deleted with it.',
  params: webhookParams,
  headers: idempotency.requestHeaders,
  responses: { 204: deleted },
  errors: [404],
});

export const remove = ({ webhooks }: WebhookApi) =>
  deleteWebhook.byAccount(async (exchange, account, { id }) => {
    await writeOnce(exchange, undefined, (seal) => webhooks.remove(account, id, seal));
    return deleteWebhook.answer(exchange, 204, null, {});
  });

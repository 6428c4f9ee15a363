import { queryIn } from '../../shared/endpoints/query.ts';
import { bucketPageQuery, webhookEndpoint } from '../endpoints.ts';
import { WebhookPage } from '../schemas.ts';
import { path, type WebhookApi, webhookJson } from './webhook-json.ts';

const listWebhooks = webhookEndpoint({
  method: 'GET',
  path,
  operationId: 'listWebhooks',
  summary: 'List webhooks, the oldest first',
  description: 'The webhooks of the account, without their signing secrets.',
  query: bucketPageQuery,
  responses: { 200: { description: 'A page of webhooks.', body: WebhookPage } },
  errors: [400],
});

export const list = ({ webhooks }: WebhookApi) =>
  listWebhooks.byAccount(async (exchange, account) => {
    const page = await webhooks.list(account, queryIn(exchange, bucketPageQuery));
    const body = { data: page.entries.map(webhookJson), nextCursor: page.cursor };
    return listWebhooks.answer(exchange, 200, body, {});
  });

import { idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { queryIn } from '../../shared/endpoints/query.ts';
import { bucketPageQuery, webhookEndpoint } from '../endpoints.ts';
import { Delivery, DeliveryPage } from '../schemas.ts';
import { deliveryJson, deliveryParams, type WebhookApi, webhookParams, webhookPath } from './webhook-json.ts';

const listDeliveries = webhookEndpoint({
  method: 'GET',
  path: `${webhookPath}/deliveries`,
  operationId: 'listDeliveries',
  summary: 'List the deliveries of a webhook, the newest first',
  description: 'The server keeps them for 7 days.',
  params: webhookParams,
  query: bucketPageQuery,
  responses: { 200: { description: 'A page of deliveries.', body: DeliveryPage } },
  errors: [400, 404],
});

export const list = ({ webhooks }: WebhookApi) =>
  listDeliveries.byAccount(async (exchange, account, { id }) => {
    const page = await webhooks.deliveries(account, id, queryIn(exchange, bucketPageQuery));
    const body = { data: page.entries.map(deliveryJson), nextCursor: page.cursor };
    return listDeliveries.answer(exchange, 200, body, {});
  });

const redeliver = webhookEndpoint({
  method: 'POST',
  path: `${webhookPath}/deliveries/:delivery_id/redeliver`,
  operationId: 'redeliver',
  summary: 'Deliver an event again, immediately',
  description: 'The webhook must be active. The delivery waits for an older one about the same object.',
  params: deliveryParams,
  headers: idempotency.requestHeaders,
  responses: {
    202: { description: 'The delivery, now pending.', body: Delivery, headers: idempotency.responseHeaders },
  },
  errors: [404],
});

export const retry = ({ webhooks }: WebhookApi) =>
  redeliver.byAccount(async (exchange, account, { id, delivery_id }) => {
    const { result } = await writeOnce(exchange, undefined, (seal) =>
      webhooks.redeliver(account, id, delivery_id, seal),
    );
    return redeliver.answer(exchange, 202, deliveryJson(result), {});
  });

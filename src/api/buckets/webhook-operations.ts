import { objectEvents } from '../../core/buckets/object-events.ts';
import {
  address,
  errorResponses,
  json,
  jsonBody,
  object,
  orNull,
  parameter,
  response,
  stringHeaders,
  time,
  whole,
} from '../shared/operation-parts.ts';
import {
  errorContent,
  idempotencyParameter,
  pageOf,
  pageParameters,
  replayed,
  security,
} from './operation-pieces.ts';
import { createWebhookBody, updateWebhookBody } from './webhook-requests.ts';

/** The webhooks of accounts in OpenAPI 3.1. */

const common = { tags: ['webhooks'], security };
const idParameter = parameter('path', 'id', 'The id of the webhook.');

const webhookProperties = {
  id: { type: 'string', examples: ['wh_feb61cd1b3d34efebab6d6a8490071b2'] },
  url: address,
  events: { type: 'array', items: { enum: [...objectEvents] } },
  active: { type: 'boolean' },
  createdAt: time,
};
const webhook = object(webhookProperties);
const delivery = object({
  id: { type: 'string', description: 'The webhook-id header of every try.' },
  event: { enum: [...objectEvents] },
  status: { enum: ['pending', 'delivered', 'failed'] },
  attempts: whole,
  lastStatus: { ...orNull(whole), description: 'Of the last answer; null where none came.' },
  nextAttemptAt: { ...orNull(time), description: 'Null once it was delivered or given up.' },
  createdAt: time,
});

export const createWebhookOperation = {
  ...common,
  operationId: 'createWebhook',
  summary: 'Create a webhook',
  description:
    'Its deliveries are signed by Standard Webhooks, tried again for 24 hours, and told at least once. What is ' +
    'about one object comes in order.',
  parameters: [idempotencyParameter],
  requestBody: jsonBody(createWebhookBody),
  responses: {
    201: response(
      'The webhook. The secret is not told again.',
      json(object({ ...webhookProperties, signingSecret: { type: 'string', examples: ['whsec_…'] } })),
      { ...stringHeaders({ Location: 'Its path.' }), ...replayed },
    ),
    ...errorResponses(errorContent, 400, 401, 403, 409, 503, 507),
  },
};

export const listWebhooksOperation = {
  ...common,
  operationId: 'listWebhooks',
  summary: 'List webhooks, the oldest first',
  parameters: pageParameters,
  responses: {
    200: response('A page of webhooks.', pageOf(webhook)),
    ...errorResponses(errorContent, 400, 401, 403, 503),
  },
};

export const readWebhookOperation = {
  ...common,
  operationId: 'readWebhook',
  summary: 'Get a webhook',
  parameters: [idParameter],
  responses: {
    200: response('The webhook.', json(webhook)),
    ...errorResponses(errorContent, 401, 403, 404, 503),
  },
};

export const updateWebhookOperation = {
  ...common,
  operationId: 'updateWebhook',
  summary: 'Update a webhook',
  parameters: [idParameter, idempotencyParameter],
  requestBody: jsonBody(updateWebhookBody),
  responses: {
    200: response('The webhook as it is now.', json(webhook), replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

export const deleteWebhookOperation = {
  ...common,
  operationId: 'deleteWebhook',
  summary: 'Delete a webhook',
  parameters: [idParameter, idempotencyParameter],
  responses: {
    204: response('Deleted.', undefined, replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

export const listDeliveriesOperation = {
  ...common,
  operationId: 'listDeliveries',
  summary: 'List the deliveries of a webhook, newest first',
  description: 'They are kept for 7 days.',
  parameters: [idParameter, ...pageParameters],
  responses: {
    200: response('A page of deliveries.', pageOf(delivery)),
    ...errorResponses(errorContent, 400, 401, 403, 404, 503),
  },
};

export const redeliverOperation = {
  ...common,
  operationId: 'redeliver',
  summary: 'Deliver again, at once',
  parameters: [
    idParameter,
    parameter('path', 'delivery_id', 'The id of the delivery.'),
    idempotencyParameter,
  ],
  responses: {
    202: response('The delivery, which waits for its next try.', json(delivery), replayed),
    ...errorResponses(errorContent, 400, 401, 403, 404, 409, 503, 507),
  },
};

import { Type } from '@sinclair/typebox';
import { objectEvents } from '../../core/webhooks/events.ts';
import { bodyReader } from '../shared/bodies/json-body.ts';
import { uriRule } from '../shared/endpoints/core-rules.ts';

/** The request bodies of webhooks (docs/contract/buckets.md, "Webhooks"). Unknown fields are refused. */

const url = Type.String({
  maxLength: 2048,
  examples: ['https://example.com/hooks/mayfly'],
  checkedByCore: uriRule,
});
const events = Type.Array(Type.Union(objectEvents.map((event) => Type.Literal(event))), {
  minItems: 1,
  maxItems: objectEvents.length,
  uniqueItems: true,
  description: 'The types of the events.',
});
const rules = {
  events: `must be a list of some of ${objectEvents.join(', ')}, each once`,
};

export const createWebhookBody = Type.Object(
  { url, events: Type.Optional(events) },
  { additionalProperties: false },
);
export const readCreateWebhook = bodyReader(createWebhookBody, rules);

export const updateWebhookBody = Type.Object(
  {
    url: Type.Optional(url),
    events: Type.Optional(events),
    active: Type.Optional(
      Type.Boolean({ description: 'Whether events are delivered. If it is false, pending deliveries fail.' }),
    ),
  },
  { additionalProperties: false },
);
export const readUpdateWebhook = bodyReader(updateWebhookBody, rules);

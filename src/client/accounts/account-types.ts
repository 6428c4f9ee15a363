import type { RequestBodies, Webhook } from '../api/accounts.ts';

/** Times are ISO 8601, sizes bytes. */
export type {
  Account,
  ApiKey as Key,
  ApiKeyPage as KeyPage,
  CreatedApiKey as NewKey,
  CreatedWebhook as NewWebhook,
  Delivery,
  DeliveryPage,
  Webhook,
  WebhookPage,
} from '../api/accounts.ts';

export type ObjectEvent = Webhook['events'][number];
export type WebhookChanges = RequestBodies['updateWebhook'];

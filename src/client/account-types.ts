/** Accounts as the bucket API returns them (`/openapi.json`). Times are ISO 8601, sizes bytes; null means no limit. */
export type Account = {
  id: string;
  name: string;
  plan: string;
  limits: { storageBytes: number | null; maxObjectBytes: number; requestsPerMinute: number | null };
  usage: {
    period: string;
    storageBytes: number;
    objectCount: number;
    requests: number;
    bytesIn: number;
    bytesOut: number;
  };
};

export type Key = {
  id: string;
  name: string | null;
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
};
/** `key` is the secret. It is returned only here. */
export type NewKey = Key & { key: string };

export type ObjectEvent = 'object.created' | 'object.deleted' | 'object.expired' | 'upload.completed';

export type Webhook = { id: string; url: string; events: ObjectEvent[]; active: boolean; createdAt: string };
/** The secret is returned only here. */
export type NewWebhook = Webhook & { signingSecret: string };
export type WebhookChanges = { url?: string; events?: ObjectEvent[]; active?: boolean };

export type Delivery = {
  id: string;
  event: ObjectEvent;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  lastStatus: number | null;
  nextAttemptAt: string | null;
  createdAt: string;
};

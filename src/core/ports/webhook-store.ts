import type { Seal } from './idempotency-store.ts';

/** A webhook that an account has for the events of its objects. */
export type StoredWebhook = {
  id: string;
  accountId: string;
  url: string;
  events: string[];
  active: boolean;
  createdAt: number;
};

export type WebhookChanges = Partial<Pick<StoredWebhook, 'url' | 'events' | 'active'>>;

/** A delivery as it stands. Times are milliseconds since the epoch. */
export type StoredDelivery = {
  /** Where a list goes on after this delivery. Opaque: only the store that made it reads it. */
  position: string;
  id: string;
  event: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  /** The status of the last answer; null where none came. */
  lastStatus: number | null;
  /** When it is tried next, or what it waits for is; null once it is over. */
  nextAttemptAt: number | null;
  createdAt: number;
};

/** Where in a list of webhooks one stands. */
export type WebhookPosition = Pick<StoredWebhook, 'createdAt' | 'id'>;

/**
 * The webhooks of accounts, and what was delivered to them; those of file routes are not among them. Every promise
 * of a write resolves only when the write is durable, and the answer of an idempotent request is kept with it.
 */
export interface WebhookStore {
  /** @param maxWebhooks How many an account may have. */
  insert(
    webhook: StoredWebhook,
    maxWebhooks: number,
    seal?: Seal<StoredWebhook>,
  ): Promise<'inserted' | 'limit_reached'>;

  find(accountId: string, id: string): Promise<StoredWebhook | undefined>;

  /** Up to `limit` webhooks of an account after this one, the oldest first. */
  list(accountId: string, after: WebhookPosition | undefined, limit: number): Promise<StoredWebhook[]>;

  /** @returns The webhook after the change. */
  update(
    accountId: string,
    id: string,
    changes: WebhookChanges,
    seal?: Seal<StoredWebhook>,
  ): Promise<StoredWebhook | 'webhook_gone'>;

  /**
   * Gives up to `limit` deliveries up that wait for a webhook, unless it is active.
   *
   * @returns How many.
   */
  abandonPending(id: string, limit: number): Promise<number>;

  /** Removes a webhook; its deliveries are out of sight at once, and a sweep removes them. @returns Whether it was there. */
  remove(accountId: string, id: string, seal?: Seal<null>): Promise<boolean>;

  /** Up to `limit` deliveries of a webhook that follow a position, the newest first. */
  deliveries(webhookId: string, before: string | undefined, limit: number): Promise<StoredDelivery[]>;

  /**
   * Makes a delivery of an active webhook due at once, or as soon as an older one about the same subject is over.
   *
   * @returns The delivery after the change.
   */
  redeliver(
    accountId: string,
    webhookId: string,
    id: string,
    now: number,
    seal?: Seal<StoredDelivery>,
  ): Promise<StoredDelivery | 'webhook_gone' | 'delivery_gone' | 'webhook_inactive'>;
}

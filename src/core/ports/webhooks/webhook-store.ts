import type { Seal } from '../idempotency-store.ts';

/** A webhook of an account, for the events of its objects. */
export type StoredWebhook = {
  id: string;
  accountId: string;
  url: string;
  events: string[];
  active: boolean;
  createdAt: number;
};

export type WebhookChanges = Partial<Pick<StoredWebhook, 'url' | 'events' | 'active'>>;

/** Times are milliseconds since the epoch. */
export type StoredDelivery = {
  /** The position in a list. Opaque: only the store that made it reads it. */
  position: string;
  id: string;
  event: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  /** The status of the last response; null if there was none. */
  lastStatus: number | null;
  /** The time of the next try, or of the delivery that it waits for; null if it was delivered or failed. */
  nextAttemptAt: number | null;
  createdAt: number;
};

/** The position of a webhook in a list. */
export type WebhookPosition = Pick<StoredWebhook, 'createdAt' | 'id'>;

/**
 * The webhooks of accounts and their deliveries; not those of file routes. Every promise of a write resolves only when
 * the write is durable. The answer of an idempotent request is stored in the transaction of the write.
 */
export interface WebhookStore {
  /** @param maxWebhooks The maximum number per account. */
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
   * Marks up to `limit` pending deliveries of a webhook as failed, unless it is active.
   *
   * @returns How many were marked.
   */
  abandonPending(id: string, limit: number): Promise<number>;

  /** Removes a webhook and hides its deliveries, which a sweep removes. @returns Whether it existed. */
  remove(accountId: string, id: string, seal?: Seal<null>): Promise<boolean>;

  /** Up to `limit` deliveries of a webhook after a position, the newest first. */
  deliveries(webhookId: string, before: string | undefined, limit: number): Promise<StoredDelivery[]>;

  /**
   * Makes a delivery of an active webhook due now, or as soon as older ones about the same subject have ended.
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

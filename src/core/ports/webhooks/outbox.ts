import type { Swept } from '../swept.ts';

/** An event for a webhook, entered into the outbox in the transaction that causes it. */
export type OutgoingEvent = {
  /** The same on every try, so that a receiver can detect a repetition. */
  id: string;
  webhookId: string;
  event: string;
  /** Deliveries about one subject to one webhook are in order; null for no order. */
  subject: string | null;
  /** The body as it is sent, in JSON. */
  body: string;
  createdAt: number;
};

/** How to enter a new delivery: as pending, as failed without a try, or not at all. */
export type OutboxVerdict = 'pending' | 'failed' | 'dropped';

/** Limits the pending deliveries of each webhook. */
export type OutboxLimit = {
  /** Whether `admit` needs the number of pending deliveries of a webhook, which the store counts. */
  needsCount(webhookId: string): boolean;
  admit(webhookId: string, pending?: number): OutboxVerdict;
};

export type OutboxOptions = {
  /** No limit if omitted. */
  limit?: OutboxLimit;
  /**
   * Called after a write that entered a delivery, or made one pending again. The write is committed and was made
   * through these stores. The caller polls for the writes of other processes; a store that is notified of those may
   * call this for them too. Spurious calls are allowed.
   */
  onEntered?: () => void;
};

export type DueDelivery = { id: string; webhookId: string; accountId: string };

/** A delivery that the claimer must try. `attempts` includes this try. */
export type ClaimedDelivery = OutgoingEvent & { accountId: string; url: string; attempts: number };

/**
 * The outbox: the deliveries of webhooks. Of the pending deliveries to one webhook about one subject, only the oldest
 * can be due.
 */
export interface Outbox {
  /**
   * The due deliveries, one for each webhook: the one that has been due longest. Sorted by how long they have been due.
   */
  due(now: number): Promise<DueDelivery[]>;

  /**
   * Claims the deliveries that are still due for `leaseTime` (ms) each, and counts an attempt. Deliveries to an
   * inactive webhook fail instead.
   */
  claim(ids: string[], now: number, leaseTime: number): Promise<ClaimedDelivery[]>;

  delivered(id: string, status: number, now: number): Promise<void>;

  /** Records a failed try. `nextAttemptAt` is null if it was the last one, `status` if there was no response. */
  failed(id: string, status: number | null, nextAttemptAt: number | null, now: number): Promise<void>;

  /**
   * Removes about `budget` deliveries: delivered and failed ones from before `createdBefore`, and those of removed
   * webhooks. Need not be durable at once.
   */
  removeOld(createdBefore: number, budget: number): Promise<Swept>;

  countPending(): Promise<number>;
}

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
  /** Begins the admissions of a transaction. */
  begin(): OutboxAdmissions;
};

/** The deliveries that a transaction may enter. They are admitted to the limit only by `commit`. */
export type OutboxAdmissions = {
  /** Whether `admit` needs the number of pending deliveries of a webhook, which the store counts. */
  needsCount(webhookId: string): boolean;
  admit(webhookId: string, pending?: number): OutboxVerdict;
  /** Called when the transaction has been committed. One that is undone and runs again begins again. */
  commit(): void;
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

/** A claim of a delivery and of its webhook, until `claimedUntil`. `attempts` includes the try that was claimed. */
export type DeliveryClaim = { id: string; webhookId: string; attempts: number; claimedUntil: number };

/** A delivery that the claimer must try. */
export type ClaimedDelivery = OutgoingEvent & DeliveryClaim & { accountId: string; url: string };

/**
 * The outbox: the deliveries of webhooks. Of the pending deliveries to one webhook about one subject, only the oldest
 * can be due.
 */
export interface Outbox {
  /**
   * The due deliveries, one for each webhook that is not claimed: the one that has been due longest. Sorted by how long
   * they have been due.
   */
  due(now: number): Promise<DueDelivery[]>;

  /**
   * Claims the deliveries that are still due, and their webhooks, for `leaseTime` (ms), and counts an attempt. A webhook
   * is claimed by one process at a time. Deliveries to an inactive webhook fail instead.
   *
   * @param ids At most one delivery of each webhook.
   */
  claim(ids: string[], now: number, leaseTime: number): Promise<ClaimedDelivery[]>;

  /** Ends a claim. The delivery is delivered, unless it was claimed again. */
  delivered(claim: DeliveryClaim, status: number, now: number): Promise<void>;

  /**
   * Ends a claim after a failed try, which is recorded unless the delivery was claimed again. `nextAttemptAt` is null if
   * it was the last try, `status` if there was no response.
   */
  failed(
    claim: DeliveryClaim,
    status: number | null,
    nextAttemptAt: number | null,
    now: number,
  ): Promise<void>;

  /**
   * Removes about `budget` deliveries: delivered and failed ones from before `createdBefore`, and those of removed
   * webhooks. Need not be durable at once.
   */
  removeOld(createdBefore: number, budget: number): Promise<Swept>;

  countPending(): Promise<number>;
}

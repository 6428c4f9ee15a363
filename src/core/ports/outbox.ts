import type { Swept } from './swept.ts';

/** An event to be told to a webhook: entered into the outbox in the transaction of what it tells of. */
export type OutgoingEvent = {
  /** The same on every try, so that a receiver can tell a repetition. */
  id: string;
  webhookId: string;
  event: string;
  /** What it is about. What a webhook is told of one subject goes in order; null for what stands alone. */
  subject: string | null;
  /** The body as it is sent, in JSON. */
  body: string;
  createdAt: number;
};

/** What happens to a new delivery: it waits, it is listed as failed without a try, or it is dropped. */
export type OutboxVerdict = 'pending' | 'failed' | 'dropped';

/** Limits how many deliveries wait for each webhook. The store counts them when the limit asks for it. */
export type OutboxLimit = {
  /** Whether `admit` needs to know how many deliveries wait for a webhook. */
  needsCount(webhookId: string): boolean;
  admit(webhookId: string, pending?: number): OutboxVerdict;
};

export type OutboxOptions = {
  /** Without it there is no limit. */
  limit?: OutboxLimit;
  /**
   * Called after the commit of a write through these stores that made a delivery due. Callers find the deliveries of
   * other processes by polling; a store that is notified of those may call it for them too. A call that no delivery
   * caused is allowed.
   */
  onEntered?: () => void;
};

/** A delivery whose time has come. */
export type DueDelivery = { id: string; webhookId: string; accountId: string };

/** A delivery that the claimer is to try. `attempts` holds this try too. */
export type ClaimedDelivery = OutgoingEvent & { accountId: string; url: string; attempts: number };

/**
 * Webhooks and the outbox of their deliveries. Of those to one webhook about one subject only the oldest that
 * waits is ever due; the others come when it is delivered or given up.
 */
export interface Outbox {
  /**
   * The deliveries that are due, one of each webhook: that which has been due longest. Of these the longest due comes
   * first.
   */
  due(now: number): Promise<DueDelivery[]>;

  /**
   * Claims those of the deliveries that are still due, each for `leaseTime` (ms), and counts an attempt. Deliveries to
   * a webhook that is not active fail instead.
   */
  claim(ids: string[], now: number, leaseTime: number): Promise<ClaimedDelivery[]>;

  delivered(id: string, status: number, now: number): Promise<void>;

  /** Takes note of a failed try. `nextAttemptAt` is null to give up. `status` is null where none came. */
  failed(id: string, status: number | null, nextAttemptAt: number | null, now: number): Promise<void>;

  /**
   * Removes about `budget` deliveries: those that were created before `createdBefore` and are delivered or failed, and
   * those of removed webhooks. Need not be durable at once.
   */
  removeOld(createdBefore: number, budget: number): Promise<Swept>;

  /** How many deliveries wait. */
  countPending(): Promise<number>;
}

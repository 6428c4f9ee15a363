/** An event to be told to a webhook: entered into the outbox in the transaction of what it tells of. */
export type OutgoingEvent = {
  /** The same on every try, so that a receiver can tell a repetition. */
  id: string;
  webhookId: string;
  event: string;
  /** The body as it is sent, in JSON. */
  body: string;
  createdAt: number;
};

/** A delivery that the claimer is to try. `attempts` holds this try too. */
export type ClaimedDelivery = OutgoingEvent & { url: string; attempts: number };

/** Webhooks and the outbox of their deliveries. */
export interface WebhookStore {
  /**
   * Claims up to `limit` deliveries that are due; each is the claimer's until `claimUntil`, and counts as a try.
   * At most one of a webhook, its oldest that is due, and none of the webhooks in `busy`: what is told to one
   * goes in order, and a receiver that hangs holds up no other.
   */
  claimDue(now: number, claimUntil: number, limit: number, busy: string[]): Promise<ClaimedDelivery[]>;

  /** When the next delivery is due; undefined where none waits. */
  nextDue(): Promise<number | undefined>;

  delivered(id: string, status: number, now: number): Promise<void>;

  /** Takes note of a failed try. `nextAttemptAt` is null to give up. `status` is null where none came. */
  failed(id: string, status: number | null, nextAttemptAt: number | null): Promise<void>;

  /** Removes up to `limit` deliveries that were made before `createdBefore` and are over. @returns How many. */
  removeOld(createdBefore: number, limit: number): Promise<number>;
}

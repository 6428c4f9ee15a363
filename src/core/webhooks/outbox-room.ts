import type { Clock } from '../ports/clock.ts';
import type { OutboxAdmissions, OutboxLimit, OutboxVerdict } from '../ports/webhooks/outbox.ts';

/** How often the deliveries of a full webhook are counted again (ms). */
const recheckAfter = 10_000;
/** With less room than this share of the maximum, a webhook counts as full, to save counts. */
const minRoom = 0.01;
/** How often dropped events of one webhook are reported (ms). */
const reportInterval = 3_600_000;
/** The number of webhooks that are remembered. Above it, all are counted again. */
const maxRemembered = 10_000;

type Room = { left: number; fullAt: number; reportedAt: number };

/** What a transaction does to the room of a webhook: the room after it, and how it comes about. */
type Draft = Room & { isCounted: boolean; admitted: number; drops: { isReported: boolean }[] };

/** The room of a webhook that was not counted yet. */
const unknown: Room = {
  left: 0,
  fullAt: Number.NEGATIVE_INFINITY,
  reportedAt: Number.NEGATIVE_INFINITY,
};

/**
 * Limits the pending deliveries of each webhook, so that an unavailable receiver does not fill the outbox. Deliveries
 * are not counted for each event: a count admits as many as there is room for, before the next count. The limit applies
 * to each process separately.
 */
export class OutboxRoom implements OutboxLimit {
  readonly #maxPending: number;
  readonly #clock: Clock;
  readonly #onDropped: (webhookId: string, isReported: boolean) => void;
  readonly #rooms = new Map<string, Room>();

  /**
   * @param maxPending The maximum for one webhook; 0 for no limit.
   * @param onDropped Called for each dropped event. `isReported` is true at most once an hour for each webhook.
   */
  constructor(
    maxPending: number,
    clock: Clock,
    onDropped: (webhookId: string, isReported: boolean) => void = () => undefined,
  ) {
    this.#maxPending = maxPending;
    this.#clock = clock;
    this.#onDropped = onDropped;
  }

  begin(): OutboxAdmissions {
    const drafts = new Map<string, Draft>();
    const draftOf = (webhookId: string) => {
      const known = drafts.get(webhookId);
      if (known) return known;
      const room = this.#rooms.get(webhookId) ?? unknown;
      const draft = { ...room, isCounted: false, admitted: 0, drops: [] };
      drafts.set(webhookId, draft);
      return draft;
    };
    return {
      needsCount: (webhookId) => this.#needsCount(draftOf(webhookId)),
      admit: (webhookId, pending) => this.#admit(draftOf(webhookId), pending),
      commit: () => {
        for (const [webhookId, draft] of drafts) this.#keep(webhookId, draft);
      },
    };
  }

  /**
   * Deliveries are counted when no room is left, since admitted ones may have been delivered. A webhook that was found
   * nearly full is not counted again for a while. Setting the clock back does not extend that time.
   */
  #needsCount({ left, fullAt }: Draft): boolean {
    return this.#maxPending > 0 && left <= 0 && Math.abs(this.#clock() - fullAt) >= recheckAfter;
  }

  /** Admits or refuses a delivery. At most once an hour, a refused one is recorded as failed instead of dropped. */
  #admit(draft: Draft, pending?: number): OutboxVerdict {
    if (this.#maxPending === 0) return 'pending';
    // Not the time of the event: all events of a sweep have the time of its start.
    const now = this.#clock();
    if (pending !== undefined) {
      draft.isCounted = true;
      draft.left = this.#maxPending - pending;
      if (draft.left < this.#maxPending * minRoom) draft.fullAt = now;
    }
    if (draft.left > 0) {
      draft.left -= 1;
      draft.admitted += 1;
      return 'pending';
    }
    const isReported = Math.abs(now - draft.reportedAt) >= reportInterval;
    if (isReported) draft.reportedAt = now;
    draft.drops.push({ isReported });
    return isReported ? 'failed' : 'dropped';
  }

  /** Other transactions may have changed the room since the draft was begun. */
  #keep(webhookId: string, draft: Draft): void {
    const { isCounted, left, admitted, fullAt, reportedAt, drops } = draft;
    const before = this.#rooms.get(webhookId) ?? unknown;
    if (!this.#rooms.has(webhookId) && this.#rooms.size >= maxRemembered) this.#rooms.clear();
    this.#rooms.set(webhookId, {
      left: isCounted ? left : before.left - admitted,
      fullAt: isCounted ? fullAt : before.fullAt,
      reportedAt: drops.some(({ isReported }) => isReported) ? reportedAt : before.reportedAt,
    });
    for (const { isReported } of drops) this.#onDropped(webhookId, isReported);
  }
}

import type { Clock } from '../ports/clock.ts';
import type { OutboxLimit, OutboxVerdict } from '../ports/webhooks/outbox.ts';

/** How often the deliveries of a full webhook are counted again (ms). */
const recheckAfter = 10_000;
/** With less room than this share of the maximum, a webhook counts as full, to save counts. */
const minRoom = 0.01;
/** How often dropped events of one webhook are reported (ms). */
const reportInterval = 3_600_000;
/** The number of webhooks that are remembered. Above it, all are counted again. */
const maxRemembered = 10_000;

type Room = { left: number; fullAt: number; reportedAt: number };

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

  /**
   * Deliveries are counted when no room is left, since admitted ones may have been delivered. A webhook that was found
   * nearly full is not counted again for a while. Setting the clock back does not extend that time.
   */
  needsCount(webhookId: string): boolean {
    if (this.#maxPending === 0) return false;
    const room = this.#rooms.get(webhookId);
    return room === undefined || (room.left <= 0 && Math.abs(this.#clock() - room.fullAt) >= recheckAfter);
  }

  /** Admits or refuses a delivery. At most once an hour, a refused one is recorded as failed instead of dropped. */
  admit(webhookId: string, pending?: number): OutboxVerdict {
    if (this.#maxPending === 0) return 'pending';
    // Not the time of the event: all events of a sweep have the time of its start.
    const now = this.#clock();
    const room = this.#rooms.get(webhookId) ?? this.#remember(webhookId);
    if (pending !== undefined) {
      room.left = this.#maxPending - pending;
      if (room.left < this.#maxPending * minRoom) room.fullAt = now;
    }
    if (room.left > 0) {
      room.left -= 1;
      return 'pending';
    }
    const isReported = Math.abs(now - room.reportedAt) >= reportInterval;
    if (isReported) room.reportedAt = now;
    this.#onDropped(webhookId, isReported);
    return isReported ? 'failed' : 'dropped';
  }

  #remember(webhookId: string): Room {
    if (this.#rooms.size >= maxRemembered) this.#rooms.clear();
    const room = { left: 0, fullAt: Number.NEGATIVE_INFINITY, reportedAt: Number.NEGATIVE_INFINITY };
    this.#rooms.set(webhookId, room);
    return room;
  }
}

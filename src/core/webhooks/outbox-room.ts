import type { Clock } from '../ports/clock.ts';
import type { OutboxLimit, OutboxVerdict } from '../ports/outbox.ts';

/** How often a full outbox is looked at again (ms). */
const recheckAfter = 10_000;
/** Room for less than this part of all that may wait is not worth the next count: the outbox passes for full. */
const minRoom = 0.01;
/** How often it is told of one webhook that its events are dropped (ms). */
const reportInterval = 3_600_000;
/** How many webhooks are remembered: beyond them all are counted anew. */
const maxRemembered = 10_000;

type Room = { left: number; fullAt: number; reportedAt: number };

/**
 * Bounds what waits for each webhook, or one that is away would grow the outbox for a day with each event. What waits
 * is counted now and then and not with each event: after a count so many are let in as there was room for. Other
 * processes count for themselves, so that the bound is one for each.
 */
export class OutboxRoom implements OutboxLimit {
  readonly #maxPending: number;
  readonly #clock: Clock;
  readonly #onDropped: (webhookId: string, isReported: boolean) => void;
  readonly #rooms = new Map<string, Room>();

  /**
   * @param maxPending How much may wait for one webhook; 0 for no limit.
   * @param onDropped Is told of each event that is dropped; `isReported` where it is the first in a while.
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
   * What was admitted may have been delivered long ago, so the deliveries are counted again when no room is left. Only
   * an outbox that was found nearly full is not counted again for a while. A clock that is set back prolongs nothing.
   */
  needsCount(webhookId: string): boolean {
    if (this.#maxPending === 0) return false;
    const room = this.#rooms.get(webhookId);
    return room === undefined || (room.left <= 0 && Math.abs(this.#clock() - room.fullAt) >= recheckAfter);
  }

  /** Admits a delivery or refuses it. The first refused one is listed as failed, at most once an hour. */
  admit(webhookId: string, pending?: number): OutboxVerdict {
    if (this.#maxPending === 0) return 'pending';
    // Not when the event happened: those of a sweep all have the time of its start.
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

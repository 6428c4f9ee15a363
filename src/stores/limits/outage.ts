import type { Clock } from '../../core/ports/clock.ts';

/** How long Redis is not called after a failure (ms), so that an outage delays few requests. */
const pause = 1000;

/** Notified once when Redis becomes unavailable, once when it is back, and for calls that the process counted. */
export type FallbackObserver = {
  away(error: unknown): void;
  back(): void;
  countedHere(calls: number): void;
};

/** Whether Redis is available. All limiters of one connection share it, so only one of them has to find out. */
export class Outage {
  readonly #clock: Clock;
  readonly #observer: FallbackObserver;
  #isAway = false;
  #pausedSince = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, observer: FallbackObserver) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Whether to call Redis. During an outage, one call in each pause may, and no other waits for its result. */
  mayAsk(): boolean {
    if (!this.#isAway) return true;
    const paused = this.#clock() - this.#pausedSince;
    // A clock that was set back must not prolong the pause.
    if (paused >= 0 && paused < pause) return false;
    this.#pausedSince = this.#clock();
    return true;
  }

  failed(error: unknown): void {
    this.#pausedSince = this.#clock();
    if (!this.#isAway) this.#observer.away(error);
    this.#isAway = true;
  }

  answered(): void {
    if (this.#isAway) this.#observer.back();
    this.#isAway = false;
  }

  countedHere(calls: number): void {
    this.#observer.countedHere(calls);
  }
}

import type { Clock } from '../../core/ports/clock.ts';

/** How long Redis is left alone after a failure (ms), so that an outage costs few requests a wait. */
const pause = 1000;

/** Told once when Redis goes, once when it is back, and for each call that was counted in the process. */
export type FallbackObserver = {
  away(error: unknown): void;
  back(): void;
  countedHere(calls: number): void;
};

/** Whether Redis answers, as all limiters over one connection know it: what one finds out the others need not. */
export class Outage {
  readonly #clock: Clock;
  readonly #observer: FallbackObserver;
  #isAway = false;
  #pausedSince = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, observer: FallbackObserver) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Whether to ask Redis. During an outage one call in each pause may, and no other waits for its answer. */
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

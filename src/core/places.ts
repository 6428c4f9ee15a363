import { Failure } from './failure.ts';
import type { Budget } from './ports/budget.ts';
import type { Timers } from './ports/clock.ts';

type Waiting = { holder: string; enter: () => void };

/** How long a caller waits for a place (ms), and how many may wait at once. */
const longestWait = 10_000;
const mostWaiting = 64;

/** Places that are few, with a bounded queue in front of them. A holder with its full share lets others pass. */
export class Places {
  readonly #budget: Budget;
  readonly #timers: Timers;
  readonly #purpose: string;
  readonly #queue = new Set<Waiting>();

  /** @param purpose What the places are for, as the message says it: "decoding compressed bodies". */
  constructor(budget: Budget, timers: Timers, purpose: string) {
    this.#budget = budget;
    this.#timers = timers;
    this.#purpose = purpose;
  }

  /**
   * Takes a place, and waits up to ten seconds for it.
   *
   * @returns Gives the place back; later calls do nothing.
   * @throws Failure `rate_limited` where no place came free, or too many wait already
   */
  async take(holder: string): Promise<() => void> {
    if ((await this.#budget.take(holder, 1)) !== 'taken') await this.#wait(holder);
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      this.#budget.giveBack(holder, 1);
      void this.#admit();
    };
  }

  async #wait(holder: string): Promise<void> {
    if (this.#queue.size >= mostWaiting) throw this.#noPlace();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { holder, enter: resolve };
    this.#queue.add(waiting);
    const stopWaiting = this.#timers.every(longestWait, () => {
      if (this.#queue.delete(waiting)) reject(this.#noPlace());
    });
    await promise.finally(stopWaiting);
  }

  /** Gives what is free to those who wait, in their order. */
  async #admit(): Promise<void> {
    for (const waiting of this.#queue) {
      const outcome = await this.#budget.take(waiting.holder, 1);
      if (outcome === 'full') return;
      if (outcome === 'share_exceeded') continue;
      if (this.#queue.delete(waiting)) waiting.enter();
      // It gave up meanwhile: the place is the next one's.
      else this.#budget.giveBack(waiting.holder, 1);
    }
  }

  #noPlace(): Failure {
    return new Failure('rate_limited', `Too many requests are ${this.#purpose}; try again later`, {
      retryAfterSeconds: 5,
    });
  }
}

import type { Timers } from './ports/clock.ts';

/** Time for a node to notice that a row is too old, and for the answer to a read that it began before (ms). */
const margin = 100;

/** How long the nodes on one database may use what another node has changed. */
export class Staleness {
  readonly #maxAge: number | undefined;
  readonly #timers: Timers;

  /** @param maxAge The maximum age of a cached row (ms); undefined if changes take effect on every node at once. */
  constructor(maxAge: number | undefined, timers: Timers) {
    this.#maxAge = maxAge;
    this.#timers = timers;
  }

  /**
   * Resolves when no node uses any more what a write replaced that was committed before the call. Await it before the
   * answer to a write that must take effect everywhere.
   *
   * @param polled The interval (ms) at which nodes read what was changed, if they do not read it for each use.
   */
  async settle(polled = 0): Promise<void> {
    if (this.#maxAge === undefined) return;
    const age = Math.max(this.#maxAge, polled);
    if (age > 0) await this.#timers.sleep(age + margin);
  }
}

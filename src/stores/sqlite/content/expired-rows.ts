import type { Swept } from '../../../core/ports/swept.ts';

/** The result of a batch that removes at most `budget` rows. */
export function swept(removed: number, budget: number): Swept {
  return { removed, isDone: removed < budget };
}

/** How many rows are looked up together: fewer share too few pages, more hold the thread up for too long. */
const lookedUpTogether = 5000;

/**
 * Tells expired rows in the order in which they lie in the file, some thousands at a time. In the order of their expiry
 * they lie anywhere, and a sweep would read and write each page anew for each row of it.
 */
export class ExpiredRows {
  readonly #lookUp: (now: number, limit: number) => number[];
  /** The last comes first. */
  #numbers: number[] = [];

  /** @param lookUp Tells the numbers of rows that have expired by `now`, those of the longest first. */
  constructor(lookUp: (now: number, limit: number) => number[]) {
    this.#lookUp = lookUp;
  }

  /**
   * Takes up to `limit` rows that had expired when they were looked up; none where there are none. Others may have
   * removed them since, and a number may be another row's by now.
   */
  take(now: number, limit: number): number[] {
    if (this.#numbers.length === 0)
      this.#numbers = this.#lookUp(now, lookedUpTogether).sort((one, other) => other - one);
    return this.#numbers.splice(-limit).reverse();
  }
}

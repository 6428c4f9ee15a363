import type { Swept } from '../../../core/ports/swept.ts';

/** The result of a batch that removes at most `budget` rows. */
export function swept(removed: number, budget: number): Swept {
  return { removed, isDone: removed < budget };
}

/** Rows of one lookup. Fewer rows share too few pages; more block the thread for too long. */
const lookUpSize = 5000;

/**
 * Returns expired rows in the order of the file, some thousands at a time. In the order of their expiry they are
 * scattered, and a sweep would read and write a page again for each of its rows.
 */
export class ExpiredRows {
  readonly #lookUp: (now: number, limit: number) => number[];
  /** Sorted in descending order: `take` removes from the end. */
  #numbers: number[] = [];

  /** @param lookUp Returns the numbers of the rows that have expired by `now`, the oldest expiry first. */
  constructor(lookUp: (now: number, limit: number) => number[]) {
    this.#lookUp = lookUp;
  }

  /**
   * Takes up to `limit` rows that had expired at the lookup; an empty list if there are none. Other code may have
   * removed them since, and a new row may have the same number.
   */
  take(now: number, limit: number): number[] {
    if (this.#numbers.length === 0)
      this.#numbers = this.#lookUp(now, lookUpSize).sort((one, other) => other - one);
    return this.#numbers.splice(-limit).reverse();
  }
}

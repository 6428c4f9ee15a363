import { LRUCache } from 'lru-cache';
import type { ForeignWrites } from './foreign-writes.ts';

type CacheBounds<Row> = {
  /** In bytes, or in what `sizeOf` counts. */
  most: number;
  /** An entry beyond this is not worth what it would push out. */
  largest: number;
  sizeOf: (row: Row) => number;
};

/**
 * Keeps rows that were read lately, by their keys. Whoever writes rows in this process has them forgotten within
 * the same transaction; rows that another process may have written are forgotten by themselves.
 */
export class RowCache<Row extends object> {
  readonly #rows: LRUCache<string, Row>;
  readonly #foreign: ForeignWrites;

  constructor(foreign: ForeignWrites, { most, largest, sizeOf }: CacheBounds<Row>) {
    this.#foreign = foreign;
    this.#rows = new LRUCache({ maxSize: most, maxEntrySize: largest, sizeCalculation: sizeOf });
    foreign.onWrite(() => this.#rows.clear());
  }

  /** Nothing may be awaited between this and the use of the row: it holds for this turn of the event loop. */
  get(key: string): Row | undefined {
    this.#foreign.check();
    return this.#rows.get(key);
  }

  /** To be called in the same turn as the row was read: later, it might be gone again. */
  keep(key: string, row: Row): void {
    this.#rows.set(key, row);
  }

  forget(key: string): void {
    this.#rows.delete(key);
  }

  /** Forgets all of which `isOver` holds. */
  forgetWhere(isOver: (row: Row) => boolean): void {
    for (const [key, row] of this.#rows.entries()) if (isOver(row)) this.#rows.delete(key);
  }

  clear(): void {
    this.#rows.clear();
  }
}

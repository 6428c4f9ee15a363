import { LRUCache } from 'lru-cache';
import type { ForeignWrites } from './foreign-writes.ts';

type CacheBounds<Row> = {
  /** In the unit of `sizeOf`. */
  most: number;
  /** Larger entries are not cached: they would evict too many. */
  largest: number;
  sizeOf: (row: Row) => number;
};

/**
 * Caches rows by their keys. Code that writes rows in this process must forget them in the same transaction; writes of
 * other processes clear the cache.
 */
export class RowCache<Row extends object> {
  readonly #rows: LRUCache<string, Row>;
  readonly #foreign: ForeignWrites;

  constructor(foreign: ForeignWrites, { most, largest, sizeOf }: CacheBounds<Row>) {
    this.#foreign = foreign;
    this.#rows = new LRUCache({ maxSize: most, maxEntrySize: largest, sizeCalculation: sizeOf });
    foreign.onWrite(() => this.#rows.clear());
  }

  /** Use the row before the next `await`: it holds for this turn of the event loop. */
  get(key: string): Row | undefined {
    this.#foreign.check();
    return this.#rows.get(key);
  }

  /** Call this in the turn that read the row: later it may be outdated. */
  keep(key: string, row: Row): void {
    this.#rows.set(key, row);
  }

  forget(key: string): void {
    this.#rows.delete(key);
  }

  /** Forgets every row for which `isOver` returns true. */
  forgetWhere(isOver: (row: Row) => boolean): void {
    for (const [key, row] of this.#rows.entries()) if (isOver(row)) this.#rows.delete(key);
  }

  clear(): void {
    this.#rows.clear();
  }
}

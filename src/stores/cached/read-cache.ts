import { LRUCache } from 'lru-cache';
import type { CachedTable, Changes } from '../../core/ports/changes.ts';
import type { MaybePromise } from '../../core/ports/maybe-promise.ts';

export type CacheBounds<Row> = {
  /** In the unit of `sizeOf`. */
  maxSize: number;
  /** Larger rows are not cached: they would evict too many. */
  maxRowSize: number;
  sizeOf: (row: Row) => number;
  /** All rows are cached if omitted. */
  isCacheable?: (row: Row) => boolean;
};

/** How often a row was cached, and how often it was not. */
export type CacheCounts = { hits: number; misses: number };

/** How long a cached row is used. */
export type Freshness = {
  changes: Changes;
  /** How long after its read began (ms); until it changes if omitted. */
  maxAge?: number;
  /** Counts the uses of all caches. */
  counts?: CacheCounts;
  /** A monotonic clock (ms). */
  now: () => number;
};

/** The rows of a table that were read recently. */
export class ReadCache<Row extends object> {
  readonly #rows: LRUCache<string, Row>;
  readonly #isCacheable: (row: Row) => boolean;
  readonly #freshness: Freshness;
  /** The last read of each key that has not ended, unless the row has changed since it began. */
  readonly #reading = new Map<string, Promise<unknown>>();

  constructor(
    table: CachedTable,
    { maxSize, maxRowSize, sizeOf, isCacheable = () => true }: CacheBounds<Row>,
    freshness: Freshness,
  ) {
    const { changes, maxAge = 0, now } = freshness;
    this.#isCacheable = isCacheable;
    this.#freshness = freshness;
    this.#rows = new LRUCache({
      maxSize,
      maxEntrySize: maxRowSize,
      sizeCalculation: sizeOf,
      ttl: maxAge,
      ttlResolution: 0,
      perf: { now },
    });
    changes.subscribe(({ table: changed = table, key }) => {
      if (changed === table) this.#forget(key);
    });
  }

  /** Use the row before the next `await`: it holds for this turn of the event loop. */
  get(key: string): Row | undefined {
    const { changes, counts } = this.#freshness;
    changes.refresh();
    const row = this.#rows.get(key);
    if (counts) counts[row === undefined ? 'misses' : 'hits'] += 1;
    return row;
  }

  /** Reads a row that `get` does not have, and caches it unless it changes before it arrives. */
  load(key: string, read: () => MaybePromise<Row | undefined>): MaybePromise<Row | undefined> {
    const start = this.#freshness.now();
    const reading = read();
    if (!(reading instanceof Promise)) return this.#keep(key, reading, start);
    this.#reading.set(key, reading);
    return this.#arrived(key, reading, start);
  }

  async #arrived(key: string, reading: Promise<Row | undefined>, start: number): Promise<Row | undefined> {
    const isLast = () => this.#reading.get(key) === reading;
    try {
      const row = await reading;
      return isLast() ? this.#keep(key, row, start) : row;
    } finally {
      if (isLast()) this.#reading.delete(key);
    }
  }

  #keep(key: string, row: Row | undefined, start: number): Row | undefined {
    if (row !== undefined && this.#isCacheable(row)) this.#rows.set(key, row, { start });
    return row;
  }

  #forget(key: string | undefined): void {
    if (key === undefined) {
      this.#rows.clear();
      this.#reading.clear();
    } else {
      this.#rows.delete(key);
      this.#reading.delete(key);
    }
  }
}

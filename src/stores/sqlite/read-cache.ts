import type Database from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { StoredPayload } from '../../core/ports/payload-store.ts';

/** Bytes of content that are kept in memory. */
const cacheSize = 16 * 1024 * 1024;
/** Larger content is not worth what it would push out (bytes). */
const largestEntry = 32 * 1024;
/** What an entry takes beside its content (bytes, roughly). */
const entryOverhead = 512;

/**
 * Keeps rows that were read lately: a link that was just shared is read many times, and a row that never
 * changes can only go. Rows with counted reads do change and are not kept.
 *
 * Other processes may write to the same file. SQLite's `data_version` tells whether one has; it is looked at
 * once in each turn of the event loop, and everything is forgotten when it moved.
 */
export class ReadCache {
  readonly #rows = new LRUCache<string, StoredPayload>({
    maxSize: cacheSize,
    maxEntrySize: largestEntry,
    sizeCalculation: ({ size }) => size + entryOverhead,
  });
  readonly #dataVersion: Database.Statement<[], number>;
  #seenVersion: number | undefined;
  #checkedThisTurn = false;

  constructor(raw: Database.Database) {
    this.#dataVersion = raw.prepare<[], number>('PRAGMA data_version').pluck();
  }

  get(id: string): StoredPayload | undefined {
    if (!this.#checkedThisTurn) this.#check();
    return this.#rows.get(id);
  }

  /** To be called in the same turn as the row was read: later, it might be gone again. */
  keep(row: StoredPayload): void {
    if (row.content.kind === 'inline' && row.readsLeft === null) this.#rows.set(row.id, row);
  }

  forget(id: string): void {
    this.#rows.delete(id);
  }

  /** Forgets what has expired, which nobody asks for any more and which ought not to stay in memory. */
  forgetExpired(now: number): void {
    for (const [id, { expiresAt }] of this.#rows.entries()) if (expiresAt <= now) this.#rows.delete(id);
  }

  #check(): void {
    this.#checkedThisTurn = true;
    setImmediate(() => {
      this.#checkedThisTurn = false;
    });
    const version = this.#dataVersion.get();
    if (version !== this.#seenVersion) this.#rows.clear();
    this.#seenVersion = version;
  }
}

import type Database from 'better-sqlite3';

/**
 * Notifies the caches when another process may have written to the same file. SQLite's `data_version` then changes; it
 * is read once in each turn of the event loop.
 */
export class ForeignWrites {
  readonly #dataVersion: Database.Statement<[], number>;
  readonly #forget: (() => void)[] = [];
  #seenVersion: number | undefined;
  #checkedThisTurn = false;

  constructor(raw: Database.Database) {
    this.#dataVersion = raw.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /** Registers a callback that clears what was read before. */
  onWrite(forget: () => void): void {
    this.#forget.push(forget);
  }

  /** Call this before each read of a cache: the result holds for the current turn of the event loop. */
  check(): void {
    if (this.#checkedThisTurn) return;
    this.#checkedThisTurn = true;
    setImmediate(() => {
      this.#checkedThisTurn = false;
    });
    const version = this.#dataVersion.get();
    if (version !== this.#seenVersion) for (const forget of this.#forget) forget();
    this.#seenVersion = version;
  }
}

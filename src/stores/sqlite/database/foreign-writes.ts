import type Database from 'better-sqlite3';

/**
 * Tells caches of rows when another process may have written to the same file. SQLite's `data_version` moves when
 * one has; it is looked at once in each turn of the event loop.
 */
export class ForeignWrites {
  readonly #dataVersion: Database.Statement<[], number>;
  readonly #forget: (() => void)[] = [];
  #seenVersion: number | undefined;
  #checkedThisTurn = false;

  constructor(raw: Database.Database) {
    this.#dataVersion = raw.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /** Has `forget` called whenever what was read before may no longer be so. */
  onWrite(forget: () => void): void {
    this.#forget.push(forget);
  }

  /** To be called before anything is taken from a cache: what it holds is good for this turn. */
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

import type Database from 'better-sqlite3';
import type { Change, Changes } from '../../../core/ports/changes.ts';

/**
 * The changes of this connection after each commit. If another process has written, its changes are unknown, and
 * everything may have changed: SQLite's `data_version` then differs. It is read once in each turn of the event loop.
 */
export class CommittedChanges implements Changes {
  readonly #dataVersion: Database.Statement<[], number>;
  readonly #listeners: ((change: Change) => void)[] = [];
  #seenVersion: number | undefined;
  #checkedThisTurn = false;

  constructor(raw: Database.Database) {
    this.#dataVersion = raw.prepare<[], number>('PRAGMA data_version').pluck();
  }

  subscribe(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  announce(changes: readonly Change[]): void {
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }

  refresh(): void {
    if (this.#checkedThisTurn) return;
    this.#checkedThisTurn = true;
    setImmediate(() => {
      this.#checkedThisTurn = false;
    });
    const version = this.#dataVersion.get();
    if (version !== this.#seenVersion) this.announce([{}]);
    this.#seenVersion = version;
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { Failure, noRoom, storeAway } from '../../../core/failure.ts';
import type { Change } from '../../../core/ports/changes.ts';
import { Transaction } from './transaction.ts';

type Writer = {
  work: (tx: Transaction) => unknown;
  atomic: boolean;
  repeatable: boolean;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  result?: unknown;
};

/** Changes that the writers of a transaction collect in memory, written once before the commit. */
export type Gathered = {
  /** The number of collected changes; `undoTo` drops those after a mark. */
  mark(): number;
  undoTo(mark: number): void;
  write(tx: Transaction): void;
};

/**
 * All waiting writers share one transaction and so one fsync, and are answered after the commit. On one disk this is
 * both durable and fast (measurements in docs/decisions.md).
 */
export class GroupCommit {
  readonly #raw: Database.Database;
  readonly #transaction: Transaction;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #savepoint: Database.Statement;
  readonly #release: Database.Statement;
  readonly #undo: Database.Statement;
  readonly #totalChanges: Database.Statement<[], number>;
  readonly #onCommit: (totalChanges: number, changes: readonly Change[]) => void;
  readonly #onFull: () => void;
  readonly #gathered: Gathered[] = [];
  #waiting: Writer[] = [];
  #scheduled = false;
  /** Committed transactions, and the writers that they answered. */
  readonly counts = { commits: 0, writers: 0 };

  /**
   * @param onCommit Called after each commit, before any writer continues, with the number of rows changed since the
   *   connection was opened, and with the changes of the transaction.
   * @param onFull Called when a transaction fails because the disk is full, before its writers get the error.
   */
  constructor(
    raw: Database.Database,
    onCommit: (totalChanges: number, changes: readonly Change[]) => void = () => undefined,
    onFull: () => void = () => undefined,
  ) {
    this.#raw = raw;
    this.#transaction = new Transaction(raw);
    this.#onFull = onFull;
    this.#onCommit = onCommit;
    this.#totalChanges = raw.prepare<[], number>('SELECT total_changes()').pluck();
    this.#begin = raw.prepare('BEGIN IMMEDIATE');
    this.#commit = raw.prepare('COMMIT');
    this.#rollback = raw.prepare('ROLLBACK');
    this.#savepoint = raw.prepare('SAVEPOINT writer');
    this.#release = raw.prepare('RELEASE writer');
    this.#undo = raw.prepare('ROLLBACK TO writer');
  }

  /** Registers changes to write with every transaction. */
  gather(gathered: Gathered): void {
    this.#gathered.push(gathered);
  }

  /** Runs one statement in the next transaction. Resolves once the result is durable. */
  single<T>(statement: (tx: Transaction) => T): Promise<T> {
    return this.#enqueue(statement, false);
  }

  /** Runs statements that all take effect or none. A throw undoes these, and no other writer's. */
  atomic<T>(statements: (tx: Transaction) => T): Promise<T> {
    return this.#enqueue(statements, true);
  }

  /**
   * Like `atomic`, for work that can be repeated or lost if a power failure undoes it. If all writers of a transaction
   * are repeatable, it does not wait for a sync. A later commit makes it durable.
   */
  repeatable<T>(statements: (tx: Transaction) => T): Promise<T> {
    return this.#enqueue(statements, true, true);
  }

  /** Resolves when no writer waits. The connection may be closed in the same turn. */
  async drain(): Promise<void> {
    while (this.#scheduled) await nextTurn();
  }

  #enqueue<T>(work: (tx: Transaction) => T, atomic: boolean, repeatable = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, atomic, repeatable, resolve: resolve as Writer['resolve'], reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // Waits for the I/O events of this turn and the next, so that the transaction includes every request that arrived
      // and those that follow the last commit: fewer syncs for the same writes.
      setImmediate(() => setImmediate(() => this.#flush()));
    });
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#scheduled = false;
    const done: Writer[] = [];
    const { changes } = this.#transaction;
    changes.length = 0;
    const isRepeatable = batch.every(({ repeatable }) => repeatable);
    try {
      if (isRepeatable) this.#raw.pragma('synchronous = NORMAL');
      this.#begin.run();
      for (const writer of batch) if (this.#run(writer)) done.push(writer);
      for (const gathered of this.#gathered) gathered.write(this.#transaction);
      this.#commit.run();
    } catch (error) {
      const failure = translate(error);
      if (failure instanceof Failure && failure.code === 'no_room') this.#onFull();
      for (const gathered of this.#gathered) gathered.undoTo(0);
      for (const writer of batch) writer.reject(failure);
      // If the rollback fails the connection is unusable: crash, so that a supervisor restarts the server.
      if (this.#raw.inTransaction) this.#rollback.run();
      return;
    } finally {
      if (isRepeatable && this.#raw.open) this.#raw.pragma('synchronous = FULL');
    }
    this.counts.commits += 1;
    this.counts.writers += done.length;
    for (const writer of done) writer.resolve(writer.result);
    this.#onCommit(this.#totalChanges.get() ?? 0, changes);
  }

  /** @returns Whether the writer's work is in the transaction. @throws If the failure undid the whole transaction. */
  #run(writer: Writer): boolean {
    const marks = writer.atomic ? this.#gathered.map((gathered) => gathered.mark()) : [];
    const { changes } = this.#transaction;
    const changesBefore = changes.length;
    if (writer.atomic) this.#savepoint.run();
    try {
      writer.result = writer.work(this.#transaction);
      if (writer.atomic) this.#release.run();
      return true;
    } catch (error) {
      // A full disk or an I/O error makes SQLite roll back by itself, which undoes all writers.
      if (!this.#raw.inTransaction) throw error;
      if (writer.atomic) {
        this.#undo.run();
        this.#release.run();
        for (const [index, gathered] of this.#gathered.entries()) gathered.undoTo(marks[index] ?? 0);
        changes.length = changesBefore;
      }
      writer.reject(translate(error));
      return false;
    }
  }
}

/** Maps a full disk and an unavailable database to expected errors; other errors stay faults. */
export function translate(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'SQLITE_FULL') return noRoom(error);
  // Only the triggers of a move raise this: writes are stopped.
  if (code === 'SQLITE_CONSTRAINT_TRIGGER') return storeAway(error);
  if (/^SQLITE_(IOERR|BUSY|LOCKED|CANTOPEN|READONLY)/.test(code)) return storeAway(error);
  return error;
}

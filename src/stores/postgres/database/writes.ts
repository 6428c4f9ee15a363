import { setTimeout as sleep } from 'node:timers/promises';
import { storeAway } from '../../../core/failure.ts';
import type { Change } from '../../../core/ports/changes.ts';
import type { QuotaExceeded } from '../../../core/ports/limits/quota.ts';
import { Exceeded } from './books.ts';
import { Conflict, isConflict } from './errors.ts';
import type { DatabaseObserver, Result, Sql, Statement, Values } from './sql.ts';
import type { StandbyWait } from './standby-wait.ts';
import { Transaction } from './transaction.ts';

/** How often a transaction is run again after a conflict with another one. */
const maxRepeats = 20;
/** The maximum wait before a repetition (ms), for each one before it. */
const waitStep = 5;

type Committed = { changes: readonly Change[] };

/** Runs the write transactions of the stores. Every promise resolves only when the write is durable. */
export class Writes {
  readonly sql: Sql;
  readonly #onCommit: (committed: Committed) => void;
  readonly #observer: DatabaseObserver | undefined;
  readonly #standby: StandbyWait | undefined;
  /** Committed transactions, and the writers that they answered. */
  readonly counts = { commits: 0, writers: 0 };

  /**
   * @param onCommit Called after each commit, before the writer continues.
   * @param standby Set if commits wait for a synchronous standby.
   */
  constructor(
    sql: Sql,
    onCommit: (committed: Committed) => void = () => undefined,
    {
      observer,
      standby,
    }: { observer?: DatabaseObserver | undefined; standby?: StandbyWait | undefined } = {},
  ) {
    this.sql = sql;
    this.#onCommit = onCommit;
    this.#observer = observer;
    this.#standby = standby;
  }

  /** Runs one statement of `writers` writers as a transaction of its own, and announces `changes` after it. */
  async single<Row = never>(
    statement: Statement,
    values: Values,
    changes: readonly Change[] = [],
    writers = 1,
  ): Promise<Result<Row>> {
    const result = await this.#repeated((admit) => this.sql.write<Row>(statement, values, admit));
    this.committed({ changes }, writers);
    return result;
  }

  /**
   * Runs statements that all take effect or none: a throw undoes them. `work` may run several times, so it must not
   * change anything outside of the transaction, except in `Transaction.afterCommit`.
   *
   * @param writers The number of writers whose calls are in it.
   */
  async atomic<T>(work: (tx: Transaction) => Promise<T>, writers = 1): Promise<T> {
    const { result, tx } = await this.#repeated((admit) =>
      this.sql.transaction(async (queries) => {
        const tx = new Transaction(queries);
        const result = await work(tx);
        await tx.books.write(tx);
        return { result, tx };
      }, admit),
    );
    tx.committed();
    this.committed(tx, writers);
    return result;
  }

  /** Like `atomic`, for work that books growth which a quota limits (`Books.grow`). */
  async limited<T>(work: (tx: Transaction) => Promise<T>): Promise<T | QuotaExceeded> {
    try {
      return await this.atomic(work);
    } catch (error) {
      if (error instanceof Exceeded) return error.verdict;
      throw error;
    }
  }

  /** Reads what an answer confirms: resolves when the loss of the primary cannot undo it. */
  async readWritten<Row>(statement: Statement, values?: Values): Promise<Row[]> {
    const rows = await this.sql.read<Row>(statement, values);
    await this.#standby?.wait();
    return rows;
  }

  /** Counts a commit of `writers` writers and announces it. */
  committed(committed: Committed, writers: number): void {
    this.counts.commits += 1;
    this.counts.writers += writers;
    this.#observer?.committed(writers);
    this.#onCommit(committed);
  }

  async #repeated<T>(run: (admit?: () => void) => Promise<T>): Promise<T> {
    for (let repeats = 0; ; repeats += 1) {
      try {
        return await (this.#standby?.write(run) ?? run());
      } catch (error) {
        if (!isConflict(error)) throw error;
        if (repeats === maxRepeats) throw storeAway(error instanceof Conflict ? error.cause : error);
        this.#observer?.repeated();
        await sleep(Math.random() * waitStep * (repeats + 1));
      }
    }
  }
}

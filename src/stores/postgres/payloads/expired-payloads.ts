import type { Swept } from '../../../core/ports/swept.ts';
import { outsideRing } from '../database/books.ts';
import { isLocked } from '../database/errors.ts';
import type { Statement } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';
import type { Release } from './removals.ts';
import { firstOfLongest, ringSize, tables } from './ring.ts';
import {
  countedRows,
  forgetTokens,
  lockBriefly,
  type RemovedRow,
  resetCounters,
  statementsOn,
  type TableState,
  tableStates,
  tablesWithPages,
} from './statements.ts';

/**
 * How the tables of the ring are emptied: by TRUNCATE, which needs a database that takes an ACCESS EXCLUSIVE lock for
 * it and can roll it back, or by deleting rows.
 */
export type EmptySlots = 'truncate' | 'delete';

type ExpiredPayloadsOptions = {
  emptySlots: EmptySlots;
  release: Release;
};

/** Work of a sweep on one table: it is emptied, or its rows with an expiry up to `until` are deleted. */
type Task = { leaf: number; until: number; remove: Statement | 'empty' };
type Sweep = { now: number; tasks: Task[] };

const minute = 60_000;
const day = 1440 * minute;
/** A table is emptied this long after its last expiry (ms): the clocks of two nodes may differ. */
const guard = 2000;
/** The maximum number of tokens that a batch forgets. */
const tokenBatch = 1000;

/** Removes expired payloads, in batches of rows or a whole table of the ring at once. */
export class ExpiredPayloads {
  readonly #writes: Writes;
  readonly #options: ExpiredPayloadsOptions;
  /** What the current sweep has left to do. */
  #sweep: Sweep | undefined;

  constructor(writes: Writes, options: ExpiredPayloadsOptions) {
    this.#writes = writes;
    this.#options = options;
  }

  /** Removes about `budget` rows; a table that is emptied may have more. */
  async expire(now: number, budget: number): Promise<Swept> {
    const { count: forgotten } = await this.#writes.single(forgetTokens, [now - 60 * minute, tokenBatch]);
    if (this.#sweep?.now !== now) this.#sweep = { now, tasks: await this.#tasks(now) };
    const sweep = this.#sweep;
    let removed = 0;
    while (removed < budget) {
      const [task] = sweep.tasks;
      if (task === undefined) break;
      const limit = budget - removed;
      const { leaf, remove, until } = task;
      const isEmptying = remove === 'empty';
      const count = isEmptying
        ? await this.#empty(leaf, until)
        : await this.#delete(remove, { until, limit, now });
      removed += count;
      // Rows that another sweep is removing were skipped, and a table that is in use is left to the next sweep.
      if (isEmptying || count < limit) sweep.tasks = sweep.tasks.filter((other) => other !== task);
    }
    const isDone = sweep.tasks.length === 0;
    if (isDone && this.#sweep === sweep) this.#sweep = undefined;
    return { removed, isDone: isDone && forgotten < tokenBatch };
  }

  /** The earliest expiry of all rows. Rows that go with their table count with the latest expiry in it. */
  async earliestExpiry(): Promise<number | undefined> {
    const expiries = (await this.#states()).flatMap(({ leaf, earliest, latest, booked }) => {
      const goesAtOnce =
        leaf < firstOfLongest && earliest !== null && latest !== null && !isOld(earliest, latest);
      return [goesAtOnce ? latest : earliest, booked].filter((expiry) => expiry !== null);
    });
    return expiries.length === 0 ? undefined : Math.min(...expiries);
  }

  /**
   * How long ago the last row of a table of the ring expired that still has rows (ms): of the table for which it is the
   * longest; 0 if there is none.
   */
  async oldestSlot(now: number): Promise<number> {
    const ages = (await this.#states()).map(({ latest }) => (latest === null ? 0 : now - latest));
    return Math.max(0, ...ages);
  }

  #states(): Promise<TableState[]> {
    return this.#writes.sql.read<TableState>(tableStates);
  }

  async #tasks(now: number): Promise<Task[]> {
    const [states, withPages] = [await this.#states(), await this.#tablesWithPages()];
    return states.flatMap(({ leaf, earliest, latest, booked }) => {
      const tasks: Task[] = [];
      const { removeDue, removeOld } = statementsOn(leaf);
      const due = leaf < firstOfLongest ? booked : earliest;
      if (due !== null && due <= now) tasks.push({ leaf, until: now, remove: removeDue });
      const until = now - guard;
      if (leaf === outsideRing) return tasks;
      if (latest === null || latest <= until) {
        if (withPages.has(leaf)) tasks.push({ leaf, until, remove: 'empty' });
        else if (latest !== null) tasks.push({ leaf, until, remove: removeOld });
      } else if (leaf < firstOfLongest && earliest !== null && isOld(earliest, now))
        tasks.push({ leaf, until: now - day, remove: removeOld });
      return tasks;
    });
  }

  /** The tables to truncate when no row in them lives: also those of which only deleted rows are left. */
  async #tablesWithPages(): Promise<Set<number>> {
    if (this.#options.emptySlots === 'delete') return new Set();
    const names = tables.slice(0, ringSize);
    const rows = await this.#writes.sql.read<{ leaf: number }>(tablesWithPages, [names]);
    return new Set(rows.map(({ leaf }) => leaf));
  }

  #delete(
    statement: Statement,
    { until, limit, now }: { until: number; limit: number; now: number },
  ): Promise<number> {
    return this.#writes.atomic(async (tx) => {
      const removed = await tx.all<RemovedRow>(statement, [until, limit]);
      await this.#options.release(tx, removed, now);
      return removed.length;
    });
  }

  /**
   * Truncates a table of the ring if nothing in it expires after `until` and no row must be deleted by itself. Caches
   * are not informed: nothing is served after its expiry.
   *
   * @returns The number of rows, by the counters; 0 if the table is in use.
   */
  async #empty(leaf: number, until: number): Promise<number> {
    const { lock, isOver, truncate } = statementsOn(leaf);
    try {
      return await this.#writes.atomic(async (tx) => {
        await tx.run(lockBriefly);
        await tx.run(lock);
        // Other transactions insert and book under a lock on the table, so what is found here stays true.
        if (!(await tx.first<{ isOver: boolean }>(isOver, [until]))?.isOver) return 0;
        const counted = await tx.first<{ rows: number }>(countedRows, [leaf]);
        await tx.run(truncate);
        await tx.run(resetCounters, [leaf]);
        return counted?.rows ?? 0;
      });
    } catch (error) {
      if (isLocked(error)) return 0;
      throw error;
    }
  }
}

/** Whether a row stayed in its table when the ring came round: the rows of one lap expire within a day. */
function isOld(earliest: number, time: number): boolean {
  return earliest <= time - day;
}

import type { DatabaseUpkeep } from '../../../core/ports/storage-meter.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { Connection } from './connection.ts';
import { translate } from './group-commit.ts';

/** Free pages up to this part of the file are kept: new content will need them again. */
const keptFreePart = 0.25;

const pagesPerStep = 64;

export class SqliteUpkeep implements DatabaseUpkeep {
  readonly #connection: Connection;
  readonly #checkpointer: Checkpointer;

  constructor(connection: Connection, checkpointer: Checkpointer) {
    this.#connection = connection;
    this.#checkpointer = checkpointer;
  }

  /** Deleted content would stay in the write-ahead log until that is overwritten. */
  async maintain(): Promise<'more' | 'done'> {
    if (this.#shrink()) return 'more';
    await this.#checkpointer.truncate();
    return 'done';
  }

  /** Gives some unused pages back to the file system, if there are too many. @returns Whether there were. */
  #shrink(): boolean {
    const { raw } = this.#connection;
    const pragma = (name: string) => raw.pragma(name, { simple: true }) as number;
    if (pragma('freelist_count') <= pragma('page_count') * keptFreePart) return false;
    // As all of a sweep's own transactions, it holds up nobody for a sync (`GroupCommit.repeatable`).
    raw.pragma('synchronous = NORMAL');
    try {
      raw.pragma(`incremental_vacuum(${pagesPerStep})`);
    } catch (error) {
      throw translate(error);
    } finally {
      raw.pragma('synchronous = FULL');
    }
    return true;
  }

  /** An emptied log is room as well, where the database itself need not grow to take it in. */
  async makeRoom(): Promise<void> {
    this.#connection.reserve.release();
    await this.#checkpointer.truncate();
  }

  keepRoom(): Promise<void> {
    return this.#connection.reserve.restore();
  }
}

import type { DatabaseUpkeep } from '../../../core/ports/database-upkeep.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { Connection } from './connection.ts';
import { translate } from './group-commit.ts';

/** Free pages up to this fraction of the file are kept for new content. */
const keptFreePart = 0.25;

const pagesPerStep = 64;

export class SqliteUpkeep implements DatabaseUpkeep {
  readonly #connection: Connection;
  readonly #checkpointer: Checkpointer;

  constructor(connection: Connection, checkpointer: Checkpointer) {
    this.#connection = connection;
    this.#checkpointer = checkpointer;
  }

  /** Also truncates the write-ahead log, which would keep deleted content until it is overwritten. */
  async maintain(): Promise<'more' | 'done'> {
    if (this.#shrink()) return 'more';
    await this.#checkpointer.truncate();
    return 'done';
  }

  /** Returns some free pages to the file system, if there are too many. @returns Whether there were. */
  #shrink(): boolean {
    const { raw } = this.#connection;
    const pragma = (name: string) => raw.pragma(name, { simple: true }) as number;
    if (pragma('freelist_count') <= pragma('page_count') * keptFreePart) return false;
    // Like `GroupCommit.repeatable`, this does not wait for a sync.
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

  /** Truncating the log frees space, unless the database grows to take in its pages. */
  async makeRoom(): Promise<void> {
    this.#connection.reserve.release();
    await this.#checkpointer.truncate();
  }

  keepRoom(): Promise<void> {
    return this.#connection.reserve.restore();
  }
}

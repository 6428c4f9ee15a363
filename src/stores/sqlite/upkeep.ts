import type { DatabaseUpkeep } from '../../core/ports/storage-meter.ts';
import { busyTimeout, type Connection } from './connection.ts';

/** Free pages up to this part of the file are kept: new content will need them again. */
const keptFreePart = 0.1;

export class SqliteUpkeep implements DatabaseUpkeep {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async shrink(pages: number): Promise<boolean> {
    const { raw } = this.#connection;
    const pragma = (name: string) => raw.pragma(name, { simple: true }) as number;
    if (pragma('freelist_count') <= pragma('page_count') * keptFreePart) return false;
    raw.pragma(`incremental_vacuum(${pages})`);
    return true;
  }

  async truncateLog(): Promise<void> {
    const { raw } = this.#connection;
    // Another process that reads for long, such as a backup, has the log in use. Waiting for it would hold up
    // every request: the log is then truncated after a later sweep.
    raw.pragma('busy_timeout = 0');
    try {
      raw.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      raw.pragma(`busy_timeout = ${busyTimeout}`);
    }
  }
}

import type { DatabaseUpkeep } from '../../core/ports/storage-meter.ts';
import type { Connection } from './connection.ts';

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
    this.#connection.raw.pragma('wal_checkpoint(TRUNCATE)');
  }
}

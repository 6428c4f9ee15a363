import { Failure } from '../../../core/failure.ts';
import type { DatabaseUpkeep } from '../../../core/ports/database-upkeep.ts';
import { isLocked } from './errors.ts';
import { unprepared } from './sql.ts';
import type { Writes } from './writes.ts';

const pageSize = 8192;
/** Rows fill a tenth of each page of the reserve (migrations/postgres), so that it adds little to the log. */
const rowsPerPage = 22;
const reservedPages = 512;

/** The server itself removes dead rows and recycles its log. */
export class PostgresUpkeep implements DatabaseUpkeep {
  readonly #writes: Writes;
  readonly #hasReserve: boolean;

  /** @param hasReserve Whether to keep room for a TRUNCATE on a full disk. */
  constructor(writes: Writes, hasReserve: boolean) {
    this.#writes = writes;
    this.#hasReserve = hasReserve;
  }

  async maintain(): Promise<'done'> {
    return 'done';
  }

  /** Releases the reserve: truncating a table writes the first page of each new index before it frees the old ones. */
  async makeRoom(): Promise<void> {
    if (this.#hasReserve) await this.#release();
  }

  /** Fills the reserve if the disk has twice its size: the server itself must be able to write too. */
  async keepRoom(): Promise<void> {
    if (!this.#hasReserve) return;
    const [reserve] = await this.#writes.sql.read<{ bytes: number }>(size);
    if (reserve !== undefined && reserve.bytes >= reservedPages * pageSize) return;
    try {
      await this.#writes.single(fill, [2 * reservedPages * rowsPerPage]);
      if (await this.#release()) await this.#writes.single(fill, [reservedPages * rowsPerPage]);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'no_room')) throw error;
      await this.makeRoom();
    }
  }

  /** @returns False if another transaction uses the reserve, such as that of `pg_dump`: then it stays as it is. */
  async #release(): Promise<boolean> {
    try {
      await this.#writes.single(release, []);
      return true;
    } catch (error) {
      if (!isLocked(error)) throw error;
      return false;
    }
  }
}

// Its rows have no index and no large values: truncating it needs no page.
const release = unprepared('TRUNCATE disk_reserve');
const size = unprepared(`SELECT pg_relation_size('disk_reserve') AS bytes`);
const fill = unprepared('INSERT INTO disk_reserve (n) SELECT generate_series(1, $1::int)');

import { errorCode } from '../../core/failure.ts';
import type { Inventory } from '../../core/ports/content/inventory.ts';
import type { Stores } from '../../core/ports/stores.ts';
import { SqliteInventory } from '../../stores/sqlite/content/inventory.ts';
import { openConnection } from '../../stores/sqlite/database/connection.ts';
import { type Schema, schemaOf } from '../../stores/sqlite/database/schema-version.ts';
import {
  copyDatabase,
  countRows,
  makeSingleFile,
  openToRead,
} from '../../stores/sqlite/database/snapshot.ts';
import { createSqliteStores } from '../../stores/sqlite/index.ts';
import { SqliteMoveSource } from '../../stores/sqlite/moving/move-source.ts';
import { refused } from './failure.ts';

export { isInUse } from '../../stores/sqlite/database/snapshot.ts';

/** A database that others use, open for reading. */
export type Original = {
  schema: Schema;
  inventory: Inventory;
  /** Copies the database of this moment to a new file. @throws BackupFailure if it cannot be written */
  copyTo(file: string): void;
  close(): void;
};

export function openOriginal(file: string): Original {
  const raw = openToRead(file);
  return {
    schema: schemaOf(raw),
    inventory: new SqliteInventory({ raw }),
    copyTo: (copy) => writeCopy(raw, copy),
    close: () => raw.close(),
  };
}

function writeCopy(raw: ReturnType<typeof openToRead>, to: string): void {
  try {
    copyDatabase(raw, to);
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (!/^SQLITE_(FULL|IOERR|CANTOPEN)/.test(code)) throw error;
    throw refused(to, `cannot be written: check its disk for errors and free space (${code})`);
  }
}

/**
 * Runs `work` on the stores of a copy, which is migrated first and nobody else uses. Afterwards it is one file without a
 * log.
 */
export async function onCopy<T>(file: string, work: (stores: Stores) => Promise<T>): Promise<T> {
  const connection = openConnection(file);
  const stores = createSqliteStores(connection);
  try {
    // A move of the original goes on without the copy.
    const move = new SqliteMoveSource(connection);
    if ((await move.current()) !== undefined) await move.undo(false);
    return await work(stores);
  } finally {
    await stores.close();
    makeSingleFile(file);
  }
}

/** The schema of a copy, without migrating it. */
export function schemaOfCopy(file: string): Schema {
  return readCopy(file, schemaOf);
}

export function countRowsOf(file: string): ReturnType<typeof countRows> {
  return readCopy(file, countRows);
}

function readCopy<T>(file: string, read: (raw: ReturnType<typeof openToRead>) => T): T {
  const raw = openToRead(file);
  try {
    return read(raw);
  } finally {
    raw.close();
  }
}

import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';

import { DiskReserve } from './disk-reserve.ts';

export type Connection = {
  raw: Database.Database;
  database: BetterSQLite3Database;
  /** Room that is given up when the disk is full. */
  reserve: DiskReserve;
};

const migrationsFolder = fileURLToPath(new URL('../../../../migrations/sqlite', import.meta.url));

/** The first SQLite without the WAL reset race that can corrupt a file with two connections. */
const oldestSafeVersion = [3, 51, 3];

/** What `PRAGMA auto_vacuum` says for INCREMENTAL. */
const incrementalVacuum = 2;

/** How long another process's write is waited for (ms). */
export const busyTimeout = 5000;

/**
 * Opens the database file and brings its schema up to date.
 *
 * `synchronous=FULL` is what makes an acknowledged write durable; WAL files open at NORMAL unless it is set
 * on every connection. `secure_delete` overwrites deleted content, which would else stay readable in the file.
 */
export function openConnection(file: string): Connection {
  mkdirSync(dirname(file), { recursive: true });
  const reserve = new DiskReserve(file);
  reserve.releaseToOpen();
  const raw = new Database(file);
  requireSafeVersion(raw);
  raw.pragma(`busy_timeout = ${busyTimeout}`);
  // Has to come before the first table; an existing file keeps what it was made with. Where it is so already,
  // the pragma would write all the same, and a full disk would keep the server from starting.
  if (raw.pragma('auto_vacuum', { simple: true }) !== incrementalVacuum)
    raw.pragma('auto_vacuum = INCREMENTAL');
  raw.pragma('journal_mode = WAL');
  raw.pragma('synchronous = FULL');
  raw.pragma('secure_delete = ON');
  raw.pragma('foreign_keys = ON');
  raw.pragma('cache_size = -32768');
  // The checkpointer's thread does this long before; here it is for when that thread is gone.
  raw.pragma('wal_autocheckpoint = 100000');
  if (!existsSync(join(migrationsFolder, 'meta', '_journal.json')))
    throw new Error(`the migrations are missing in ${migrationsFolder}: install Mayfly again`);
  const database = drizzle(raw);
  try {
    migrate(database, { migrationsFolder });
  } catch {
    // Another process that starts now may have taken the same step: what was left to do is seen the second time.
    migrate(database, { migrationsFolder });
  }
  return { raw, database, reserve };
}

function requireSafeVersion(raw: Database.Database): void {
  const { version } = raw.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  const found = version.split('.').map(Number);
  const difference = oldestSafeVersion.map((part, index) => (found[index] ?? 0) - part).find((d) => d !== 0);
  if (difference !== undefined && difference < 0)
    throw new Error(
      `SQLite ${version} can corrupt a WAL file; ${oldestSafeVersion.join('.')} or later is needed`,
    );
}

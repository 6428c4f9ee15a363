import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';

import { MovedAway, movedTo } from '../moving/moved-away.ts';
import { DiskReserve } from './disk-reserve.ts';
import { migrationsFolder, requireFitSchema } from './schema-version.ts';

export type Connection = {
  raw: Database.Database;
  database: BetterSQLite3Database;
  /** Disk space that is released when the disk is full. */
  reserve: DiskReserve;
};

/** The first SQLite without the WAL reset race that can corrupt a file with two connections. */
const oldestSafeVersion = [3, 51, 3];

/** The value of `PRAGMA auto_vacuum` for INCREMENTAL. */
const incrementalVacuum = 2;

/** How long to wait for a write of another process (ms). */
export const busyTimeout = 5000;

/**
 * Opens the database file and migrates its schema.
 *
 * `synchronous=FULL` makes an acknowledged write durable; SQLite opens WAL files at NORMAL unless every connection sets
 * it. `secure_delete` overwrites deleted content, which would otherwise stay readable in the file.
 *
 * @param evenIfMoved Opens a file whose content is in another database now, too.
 * @throws MovedAway, UnfitSchema
 */
export function openConnection(file: string, evenIfMoved = false): Connection {
  mkdirSync(dirname(file), { recursive: true });
  const reserve = new DiskReserve(file);
  reserve.releaseToOpen();
  const raw = new Database(file);
  requireSafeVersion(raw);
  raw.pragma(`busy_timeout = ${busyTimeout}`);
  // Takes effect only before the first table. The pragma always writes, so do not repeat it: on a full disk the server
  // could not start.
  if (raw.pragma('auto_vacuum', { simple: true }) !== incrementalVacuum)
    raw.pragma('auto_vacuum = INCREMENTAL');
  raw.pragma('journal_mode = WAL');
  raw.pragma('synchronous = FULL');
  raw.pragma('secure_delete = ON');
  raw.pragma('foreign_keys = ON');
  raw.pragma('cache_size = -32768');
  // A fallback: the checkpointer's thread does this much earlier, as long as it runs.
  raw.pragma('wal_autocheckpoint = 100000');
  try {
    const to = evenIfMoved ? undefined : movedTo(raw);
    if (to !== undefined) throw new MovedAway(to);
    requireFitSchema(raw);
  } catch (error) {
    raw.close();
    throw error;
  }
  const database = drizzle(raw);
  try {
    migrate(database, { migrationsFolder });
  } catch {
    // Another process that starts at the same time may have applied the same migration: the second try sees what is
    // left.
    migrate(database, { migrationsFolder });
  }
  return { raw, database, reserve };
}

/** @throws If this SQLite may damage a file that another process has open */
export function requireSafeVersion(raw: Database.Database): void {
  const { version } = raw.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  const found = version.split('.').map(Number);
  const difference = oldestSafeVersion.map((part, index) => (found[index] ?? 0) - part).find((d) => d !== 0);
  if (difference !== undefined && difference < 0)
    throw new Error(
      `SQLite ${version} can corrupt a WAL file; ${oldestSafeVersion.join('.')} or later is needed`,
    );
}

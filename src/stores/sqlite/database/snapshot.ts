import Database from 'better-sqlite3';
import { errorCode } from '../../../core/failure.ts';
import { MovedAway, movedTo } from '../moving/moved-away.ts';
import { busyTimeout, requireSafeVersion } from './connection.ts';
import { requireFitSchema, schemaOf, UnfitSchema } from './schema-version.ts';

/**
 * Opens a database file to read it. The connection may write, because one that may not would leave the files of a log
 * behind, if it is the last one.
 *
 * @throws If the file does not exist
 */
export function openToRead(file: string): Database.Database {
  const raw = new Database(file, { fileMustExist: true });
  requireSafeVersion(raw);
  raw.pragma(`busy_timeout = ${busyTimeout}`);
  return raw;
}

/**
 * Checks that a server of this version can use a file as it is, without a change of its content.
 *
 * @throws MovedAway, UnfitSchema, or the error of SQLite
 */
export function examineFile(file: string): void {
  const raw = openToRead(file);
  try {
    const to = movedTo(raw);
    if (to !== undefined) throw new MovedAway(to);
    requireFitSchema(raw);
    const { state } = schemaOf(raw);
    if (state === 'none') throw new UnfitSchema('has no tables: run mayfly migrate, or start the server');
    if (state === 'older')
      throw new UnfitSchema(
        'has the schema of an earlier version: back it up, and run mayfly migrate or start the server',
      );
    // Takes the lock of a write, and writes nothing.
    raw.exec('BEGIN IMMEDIATE; ROLLBACK');
  } finally {
    raw.close();
  }
}

/**
 * Copies the database of a moment to a new file, while others read and write it. The copy has only rows: no pages of
 * deleted content, and nothing from the log. (The online backup of SQLite would start again after each write.)
 */
export function copyDatabase(raw: Database.Database, to: string): void {
  raw.prepare('VACUUM INTO ?').run(to);
}

/** The rows in the tables that people ask for. */
export function countRows(raw: Database.Database): { payloads: number; objects: number; accounts: number } {
  const count = (table: string) =>
    raw.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
  return { payloads: count('payloads'), objects: count('objects'), accounts: count('accounts') };
}

/**
 * Whether another process uses a database file: each one holds a lock on it as long as it has it open. A file that is
 * too damaged to be opened is not in use.
 */
export function isInUse(file: string): boolean {
  const raw = new Database(file, { fileMustExist: true, timeout: 0 });
  try {
    raw.pragma('locking_mode = EXCLUSIVE');
    raw.exec('BEGIN EXCLUSIVE; ROLLBACK');
    return false;
  } catch (error) {
    if (/^SQLITE_BUSY/.test(errorCode(error) ?? '')) return true;
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(errorCode(error) ?? '')) return false;
    throw error;
  } finally {
    raw.close();
  }
}

/** Makes a closed database one file without a log, which can also be read on a disk that is not writable. */
export function makeSingleFile(file: string): void {
  const raw = new Database(file, { fileMustExist: true });
  try {
    raw.pragma('journal_mode = DELETE');
  } finally {
    raw.close();
  }
}

import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** The first bytes of every SQLite file. */
const magic = 'SQLite format 3\0';
const busyTimeout = 30_000;

/** The SQLite file of a data folder, under any name. */
export function findDatabase(folder: string): string {
  const found = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name))
    .find((path) => readStart(path, magic.length) === magic);
  if (found === undefined) throw new Error(`no SQLite file in ${folder}`);
  return found;
}

function readStart(path: string, length: number): string {
  const start = Buffer.alloc(length);
  const file = openSync(path, 'r');
  readSync(file, start);
  closeSync(file);
  return start.toString('latin1');
}

/** Reads the table of payloads while a server uses it. Close it when done. */
export class PayloadTable {
  readonly #database: Database.Database;

  constructor(file: string) {
    this.#database = new Database(file, { readonly: true, timeout: busyTimeout });
  }

  /** The number of rows, and of expired rows. */
  count(): { rows: number; expired: number } {
    const rows = this.#database.prepare<[], number>('SELECT count(*) FROM payloads').pluck().get() ?? 0;
    const expired = this.#database
      .prepare<[number], number>('SELECT count(*) FROM payloads WHERE expires_at <= ?')
      .pluck()
      .get(Date.now());
    return { rows, expired: expired ?? 0 };
  }

  /** The earliest expiry, in ms since the epoch. It is a cheap query that shows when a sweep begins. */
  earliestExpiry(): number {
    return this.#database.prepare<[], number>('SELECT min(expires_at) FROM payloads').pluck().get() ?? 0;
  }

  /** Ids of rows that have not expired, spread over the table. */
  liveIds(count: number): string[] {
    return this.#database
      .prepare<[number, number], string>(
        'SELECT id FROM payloads WHERE expires_at > ? ORDER BY random() LIMIT ?',
      )
      .pluck()
      .all(Date.now(), count);
  }

  close(): void {
    this.#database.close();
  }
}

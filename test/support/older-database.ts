import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { checkout } from './parts.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A database file as the migrations up to this one create it, filled by `fill`. Foreign keys are not checked. */
export function olderDatabase(lastTag: string, fill: (raw: Database.Database) => void): string {
  const migrationsFolder = temporaryDirectory('older-migrations');
  cpSync(join(checkout, 'migrations/sqlite'), migrationsFolder, { recursive: true });
  const path = join(migrationsFolder, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(path, 'utf8')) as { entries: { tag: string }[] };
  const last = journal.entries.findIndex(({ tag }) => tag === lastTag);
  writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, last + 1) }));
  const file = join(temporaryDirectory('older-database'), 'mayfly.db');
  const raw = new Database(file);
  migrate(drizzle(raw), { migrationsFolder });
  raw.pragma('foreign_keys = OFF');
  fill(raw);
  raw.close();
  return file;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { ownPath } from '../../../program/index.ts';
import { deploymentValue } from '../moving/moved-away.ts';

export const migrationsFolder = ownPath('migrations/sqlite');

/** The schema of a database file, compared with that of this version. */
export type Schema = { state: 'none' | 'older' | 'current' | 'newer'; name: string | undefined };

/** This version cannot use the schema of the file. The message continues the name of the file. */
export class UnfitSchema extends Error {
  readonly code = 'UNFIT_SCHEMA';
}

/** Checks that this version can use the schema of a file, or migrate it. @throws UnfitSchema */
export function requireFitSchema(raw: Database.Database): void {
  const { state } = schemaOf(raw);
  // This version would misread it, or store what the later one misreads.
  if (state === 'newer')
    throw new UnfitSchema(
      'has the schema of a later version: use that version, or restore a backup of this one',
    );
  // A migration that builds a table again would drop the triggers that record its changes.
  if (state === 'older' && deploymentValue(raw, 'move') !== undefined)
    throw new UnfitSchema('is being moved by an earlier version: end or undo the move with that version');
}

/** Compares the schema of a file with the migrations of this version. */
export function schemaOf(raw: Database.Database): Schema {
  const migrations = readMigrations();
  const table = raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'").get();
  const lastOf = () =>
    raw.prepare<[], number>('SELECT max(created_at) FROM __drizzle_migrations').pluck().get();
  const last = table === undefined ? undefined : lastOf();
  if (!last) return { state: 'none', name: undefined };
  const newest = Math.max(...migrations.map(({ when }) => when));
  const name = migrations.find(({ when }) => when === last)?.tag;
  return { state: last === newest ? 'current' : last < newest ? 'older' : 'newer', name };
}

function readMigrations(): { when: number; tag: string }[] {
  const file = join(migrationsFolder, 'meta', '_journal.json');
  if (!existsSync(file))
    throw new Error(`the migrations are missing in ${migrationsFolder}: install Mayfly again`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { entries: { when: number; tag: string }[] }).entries;
}

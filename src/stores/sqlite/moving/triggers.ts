import type Database from 'better-sqlite3';
import { type MovedTable, movedTables } from '../../../core/ports/moving.ts';
import { movedColumns } from './moved-columns.ts';

const operations = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** Derived tables, whose changes are refused but not recorded. */
const unrecorded = ['storage_usage'];

/** True while writes are stopped, and after the end of the move. The time is SQLite's own, for all processes. */
const areStopped = `EXISTS (SELECT 1 FROM deployment WHERE name = 'moved_to'
  OR (name = 'writes_stopped_until' AND CAST(value AS INTEGER) > unixepoch('subsec') * 1000))`;

/**
 * Makes triggers that record the key of every changed row, and that refuse changes while writes are stopped. SQLite runs
 * them in every process that writes to the file, of any version.
 */
export function createTriggers(raw: Database.Database): void {
  raw.exec(
    'CREATE TABLE IF NOT EXISTS moved_changes (n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, key TEXT NOT NULL)',
  );
  for (const table of movedTables)
    for (const operation of operations)
      raw.exec(
        `CREATE TRIGGER IF NOT EXISTS ${recorder(table, operation)} AFTER ${operation} ON ${table} BEGIN
           ${recorded(table, operation)} END`,
      );
  for (const table of [...movedTables, ...unrecorded])
    for (const operation of operations)
      raw.exec(
        `CREATE TRIGGER IF NOT EXISTS ${refuser(table, operation)} BEFORE ${operation} ON ${table} WHEN ${areStopped}
           BEGIN SELECT RAISE(ABORT, 'writes are stopped: the database is being moved'); END`,
      );
}

export function dropTriggers(raw: Database.Database): void {
  for (const operation of operations) {
    for (const table of movedTables) raw.exec(`DROP TRIGGER IF EXISTS ${recorder(table, operation)}`);
    for (const table of [...movedTables, ...unrecorded])
      raw.exec(`DROP TRIGGER IF EXISTS ${refuser(table, operation)}`);
  }
  raw.exec('DROP TABLE IF EXISTS moved_changes');
}

const recorder = (table: string, operation: string) => `moving_${table}_${operation.toLowerCase()}`;
const refuser = (table: string, operation: string) => `stopped_${table}_${operation.toLowerCase()}`;

/** Not an insert that ignores conflicts: an upsert that runs the trigger would decide about them. */
function recorded(table: MovedTable, operation: (typeof operations)[number]): string {
  const { key, bytes } = movedColumns(table);
  const keyOf = (row: 'NEW' | 'OLD') =>
    `json_array(${key.map((column) => (bytes.has(column) ? `hex(${row}.${column})` : `${row}.${column}`)).join(', ')})`;
  const record = (row: 'NEW' | 'OLD') =>
    `INSERT INTO moved_changes (name, key) SELECT '${table}', ${keyOf(row)}`;
  if (operation === 'INSERT') return `${record('NEW')};`;
  if (operation === 'DELETE') return `${record('OLD')};`;
  return `${record('NEW')}; ${record('OLD')} WHERE ${keyOf('OLD')} <> ${keyOf('NEW')};`;
}

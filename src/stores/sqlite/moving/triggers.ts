import type Database from 'better-sqlite3';
import { type MovedTable, movedTables } from '../../../core/ports/moving.ts';
import { movedColumns } from './moved-columns.ts';

const operations = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** Derived tables, whose changes are refused but not recorded. */
const unrecorded = ['storage_usage'];

/** What a server records at its start if its settings have changed. The move reads it last in the stop of writes. */
const areSettings = `NEW.name IN ('secret', 'blobs')`;

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
    for (const operation of operations) raw.exec(refused(table, operation, areStopped));
  for (const operation of ['INSERT', 'UPDATE'] as const)
    raw.exec(refused('deployment', operation, `${areSettings} AND ${areStopped}`));
}

export function dropTriggers(raw: Database.Database): void {
  for (const operation of operations) {
    for (const table of movedTables) raw.exec(`DROP TRIGGER IF EXISTS ${recorder(table, operation)}`);
    for (const table of [...movedTables, ...unrecorded, 'deployment'])
      raw.exec(`DROP TRIGGER IF EXISTS ${refuser(table, operation)}`);
  }
  raw.exec('DROP TABLE IF EXISTS moved_changes');
}

const recorder = (table: string, operation: string) => `moving_${table}_${operation.toLowerCase()}`;
const refuser = (table: string, operation: string) => `stopped_${table}_${operation.toLowerCase()}`;

function refused(table: string, operation: (typeof operations)[number], condition: string): string {
  return `CREATE TRIGGER IF NOT EXISTS ${refuser(table, operation)} BEFORE ${operation} ON ${table} WHEN ${condition}
    BEGIN SELECT RAISE(ABORT, 'writes are stopped: the database is being moved'); END`;
}

/** The key of a row as the triggers record it. @param row What the columns belong to in the statement. */
export function recordedKey(table: MovedTable, row: string): string {
  const { key, bytes } = movedColumns(table);
  const values = key.map((column) => (bytes.has(column) ? `hex(${row}.${column})` : `${row}.${column}`));
  return `json_array(${values.join(', ')})`;
}

/** Not an insert that ignores conflicts: an upsert that runs the trigger would decide about them. */
function recorded(table: MovedTable, operation: (typeof operations)[number]): string {
  const keyOf = (row: 'NEW' | 'OLD') => recordedKey(table, row);
  const record = (row: 'NEW' | 'OLD') =>
    `INSERT INTO moved_changes (name, key) SELECT '${table}', ${keyOf(row)}`;
  if (operation === 'INSERT') return `${record('NEW')};`;
  if (operation === 'DELETE') return `${record('OLD')};`;
  return `${record('NEW')}; ${record('OLD')} WHERE ${keyOf('OLD')} <> ${keyOf('NEW')};`;
}

import { afterEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { movedTables } from '../../../src/core/ports/moving.ts';
import { openConnection } from '../../../src/stores/sqlite/database/connection.ts';
import { SqliteMoveSource } from '../../../src/stores/sqlite/moving/move-source.ts';
import { movedColumns } from '../../../src/stores/sqlite/moving/moved-columns.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const move = { id: 'm', to: 'db.example/mayfly' };
const open: Database.Database[] = [];

afterEach(() => {
  for (const raw of open.splice(0)) raw.close();
});

function openSource() {
  const connection = openConnection(join(temporaryDirectory('move-source'), 'mayfly.db'));
  open.push(connection.raw);
  // Each table alone: a row may refer to nothing.
  connection.raw.pragma('foreign_keys = OFF');
  return { raw: connection.raw, source: new SqliteMoveSource(connection), file: connection.raw.name };
}

/** Inserts a row with some value in each column. */
function insertRow(raw: Database.Database, table: string): void {
  const columns = raw.pragma(`table_info(${table})`) as { name: string; type: string }[];
  const values = columns.map(({ type }) =>
    /int/i.test(type) ? 1 : /blob/i.test(type) ? Buffer.from('b') : '"t"',
  );
  raw
    .prepare(
      `INSERT INTO ${table} (${columns.map(({ name }) => name).join()}) VALUES (${values.map(() => '?').join()})`,
    )
    .run(...values);
}

describe('the source of a move', () => {
  test.each(movedTables)('records inserts, updates and deletes of %s', async (table) => {
    const { raw, source } = openSource();
    await source.begin(move);
    insertRow(raw, table);
    const inserted = await source.changes();
    expect(inserted.changes).toMatchObject([{ table, gone: [] }]);
    expect(inserted.changes[0]?.rows).toHaveLength(1);
    await source.forget(inserted.upTo ?? 0);

    const other = movedColumns(table).columns.find((column) => !movedColumns(table).key.includes(column));
    raw.prepare(`UPDATE ${table} SET ${other} = ${other}`).run();
    expect(await source.pendingChanges()).toBe(1);
    raw.prepare(`DELETE FROM ${table}`).run();
    const deleted = await source.changes();
    expect(deleted.changes).toMatchObject([{ table, rows: [] }]);
    expect(deleted.changes[0]?.gone).toHaveLength(1);
  });

  test.each([...movedTables, 'storage_usage'])(
    'refuses every write to %s while writes are stopped',
    async (table) => {
      const { raw, source } = openSource();
      insertRow(raw, table);
      await source.begin(move);
      await source.stopWrites(60_000);
      const refusal = expect.objectContaining({ code: 'SQLITE_CONSTRAINT_TRIGGER' });
      for (const statement of [`DELETE FROM ${table}`, `UPDATE ${table} SET rowid = rowid`])
        expect(() => raw.prepare(statement).run()).toThrow(refusal);
      expect(() => insertRow(raw, table)).toThrow(refusal);
      await source.resumeWrites();
      expect(raw.prepare(`DELETE FROM ${table}`).run().changes).toBe(1);
    },
  );

  test('records rows that a deleted row takes with it', async () => {
    const { raw, source } = openSource();
    for (const table of ['accounts', 'keys']) insertRow(raw, table);
    raw.prepare('UPDATE keys SET account_id = (SELECT id FROM accounts)').run();
    await source.begin(move);
    raw.pragma('foreign_keys = ON');
    raw.prepare('DELETE FROM accounts').run();
    const { changes } = await source.changes();
    expect(changes.map(({ table }) => table).toSorted()).toEqual(['accounts', 'keys']);
  });

  test('lets writes go on when the stop is not renewed', async () => {
    const { raw, source } = openSource();
    await source.begin(move);
    await source.stopWrites(-1);
    insertRow(raw, 'plans');
    expect(await source.end()).toBe('changed');
  });

  test('can be opened no more after the end, until it is undone', async () => {
    const { raw, source, file } = openSource();
    await source.begin(move);
    expect(await source.end()).toBe('ended');
    expect(() => insertRow(raw, 'plans')).toThrow();
    expect(() => openConnection(file)).toThrow('moved to db.example/mayfly');
    await expect(source.undo(false)).rejects.toThrow('meanwhile');
    await source.undo(true);
    openConnection(file).raw.close();
    insertRow(raw, 'plans');
    const left = raw
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' OR name = 'moved_changes'")
      .all();
    expect(left).toEqual([]);
  });
});

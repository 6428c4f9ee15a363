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

/** Inserts rows for the numbers `n` from 1 to `count`. */
function insertMany(raw: Database.Database, into: string, count: number): void {
  raw
    .prepare(
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
       INSERT INTO ${into} FROM numbers`,
    )
    .run(count);
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

  test('refuses a server that records another secret while writes are stopped', async () => {
    const { raw, source } = openSource();
    await source.begin(move);
    const record = raw.prepare(
      `INSERT INTO deployment (name, value) VALUES (?, 'x') ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
    record.run('secret');
    await source.stopWrites(60_000);
    for (const name of ['secret', 'blobs'])
      expect(() => record.run(name)).toThrow('the database is being moved');
    await source.resumeWrites();
    record.run('blobs');
  });

  test('knows which changes were forgotten', async () => {
    const { raw, source } = openSource();
    await source.begin(move);
    expect(await source.forgotten()).toBe(0);
    for (const table of ['plans', 'accounts', 'keys']) insertRow(raw, table);
    expect(await source.forgotten()).toBe(0);
    await source.forget(2);
    expect(await source.forgotten()).toBe(2);
    await source.forget(3);
    // Also by the next process.
    await source.begin(move);
    expect(await source.forgotten()).toBe(3);
  });

  test('leaves out the rows of a page that have a recorded change', async () => {
    const { raw, source } = openSource();
    await source.begin(move);
    insertMany(raw, 'plans (name) SELECT n', 1200);
    await source.forget(1200);
    raw.prepare("UPDATE plans SET max_objects = 1 WHERE name IN ('3', '700')").run();
    const first = await source.unchangedPage('plans', 0, 1100);
    expect([first.rows.length, first.last]).toEqual([500, 501]);
    const second = await source.unchangedPage('plans', first.last, 1100);
    expect([second.rows.length, second.last]).toEqual([500, 1002]);
    const third = await source.unchangedPage('plans', second.last, 1100);
    expect([third.rows.length, third.last]).toEqual([98, 1100]);
  });

  test('adds up large tables without keeping the process from renewing the stop', async () => {
    const { raw, source } = openSource();
    const count = 45_000;
    insertMany(raw, 'plans (name, max_objects) SELECT n, n', count);
    insertMany(raw, "contents (n, data) SELECT n, x'00'", count);
    insertMany(
      raw,
      `payloads (id, mime_type, content, size, is_text, created_at, expires_at)
        SELECT printf('%032x', n * 7919), '', x'00', 1, 0, 0, 1`,
      count,
    );
    let turns = 0;
    let isOver = false;
    const countTurn = () => {
      turns += 1;
      if (!isOver) setImmediate(countTurn);
    };
    countTurn();
    const { sums } = await source.totals();
    isOver = true;
    expect(sums).toMatchObject({
      ...{ plans: count, contents: count, payloads: count, accounts: 0 },
      ...{ 'plans.name': count, 'plans.max_objects': (count * (count + 1)) / 2, 'plans.lifetime': 0 },
    });
    // Three ranges of each of these tables, and one of each other.
    expect(turns).toBeGreaterThanOrEqual(movedTables.length + 6);
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

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import { openConnection } from '../../src/stores/sqlite/database/connection.ts';
import * as schema from '../../src/stores/sqlite/schema/index.ts';
import { generateMigrations } from '../support/generated-migrations.ts';
import { olderDatabase } from '../support/older-database.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

setDefaultTimeout(30_000);

const tables = Object.values(schema);

type Column = { name: string; type: string; notnull: number; pk: number };

function emptyFile(): string {
  return join(temporaryDirectory('migrations'), 'mayfly.db');
}

/** The whole schema of a file, as SQLite stores it. */
function schemaOf(raw: Database.Database): unknown[] {
  return raw
    .prepare(
      "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all();
}

function withConnection<T>(use: (raw: Database.Database) => T, file = emptyFile()): T {
  const { raw } = openConnection(file);
  try {
    return use(raw);
  } finally {
    raw.close();
  }
}

type SomeUpload = {
  id: string;
  size: number;
  directKey: string | null;
  partSize: number | null;
  accountId?: string;
  /** When its bytes arrived; null before. */
  at?: number | null;
};

function insertUpload(raw: Database.Database, upload: SomeUpload): void {
  raw
    .prepare(
      `INSERT INTO uploads (id, bucket_id, account_id, key, mime_type, is_public, is_text, declared_size, created_at,
         expires_at, direct_key, part_size, received_at)
       VALUES (@id, '', @accountId, '', '', 0, 0, @size, 0, 0, @directKey, @partSize, @at)`,
    )
    .run({ accountId: '', at: null, ...upload });
}

/** The position in the table's key, from 1; 0 if the column is not part of it. */
function placeInKey(table: SQLiteTable, column: string): number {
  const [key] = getTableConfig(table).primaryKeys;
  return (key?.columns.findIndex(({ name }) => name === column) ?? -1) + 1;
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}

describe('migrations', () => {
  test.each(tables.map((table) => [getTableConfig(table).name, table] as const))(
    'create the table %s with the columns of the schema',
    (name, table) => {
      const columns = withConnection((raw) => raw.pragma(`table_info(${name})`) as Column[]);
      const made = columns.map(({ name, type, notnull, pk }) => ({
        name,
        type: type.toLowerCase(),
        notnull,
        pk,
      }));
      const declared = getTableConfig(table).columns.map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        notnull: column.notNull ? 1 : 0,
        pk: column.primary ? 1 : placeInKey(table, column.name),
      }));
      // A column that was added later is the last one in the file, in any position of the schema.
      expect(made.toSorted(byName)).toEqual(declared.toSorted(byName));
    },
  );

  test('create the indexes of the schema', () => {
    const made = withConnection((raw) =>
      raw.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").pluck().all(),
    );
    const declared = tables.flatMap((table) => {
      const { indexes, columns, name } = getTableConfig(table);
      return [
        ...indexes.map((index) => index.config.name),
        ...columns
          .filter(({ isUnique }) => isUnique)
          .map((column) => column.uniqueName ?? `${name}_${column.name}`),
      ];
    });
    expect(made.toSorted()).toEqual(declared.toSorted());
    expect(made).toContain('payloads_expires_at');
  });

  test('that run twice change nothing and lose nothing', () => {
    const file = emptyFile();
    const first = withConnection((raw) => {
      raw.exec('INSERT INTO storage_usage VALUES (1, 1234, 56)');
      return schemaOf(raw);
    }, file);
    withConnection((raw) => {
      expect(schemaOf(raw)).toEqual(first);
      expect(raw.prepare('SELECT blob_bytes FROM storage_usage').pluck().get()).toBe(1234);
    }, file);
  });

  test('count uploads straight to the blob store, except parts that the server receives', () => {
    const file = olderDatabase('0002_buckets', (raw) => {
      insertUpload(raw, { id: 'whole', size: 1, directKey: 'a', partSize: null });
      insertUpload(raw, { id: 'in parts', size: 20, directKey: 'b', partSize: 5 });
      insertUpload(raw, { id: 'by the server', size: 300, directKey: null, partSize: null });
      insertUpload(raw, { id: 'in parts by the server', size: 4000, directKey: 'c', partSize: 0 });
    });
    const blobBytes = (raw: Database.Database) =>
      raw.prepare('SELECT blob_bytes FROM storage_usage').pluck().get();
    expect(withConnection(blobBytes, file)).toBe(21);
    expect(withConnection(blobBytes, file)).toBe(21);
  });

  test('book existing content of anonymous callers: payloads, and the content of accounts without a name', () => {
    const file = olderDatabase('0003_reserved_storage', (raw) => {
      raw.exec(`INSERT INTO storage_usage VALUES (1, 9);
        INSERT INTO payloads (id, mime_type, content, size, is_text, created_at, expires_at)
          VALUES ('a', '', 'x', 1, 1, 0, 0), ('b', '', NULL, 20, 1, 0, 0);
        INSERT INTO parts (owner_id, number, blob_key, size, etag)
          VALUES ('b', 1, 'k', 20, ''), ('guest in parts', 1, 'l', 300, ''), ('object', 1, 'm', 4000, '')`);
      for (const [id, name] of [
        ['guest', null],
        ['named', 'acme'],
      ])
        raw
          .prepare(`INSERT INTO accounts VALUES (?, ?, 'free', NULL, NULL, 0, NULL, '', 0, 0, 0, 0)`)
          .run(id, name);
      const object = raw.prepare(
        `INSERT INTO objects (id, bucket_id, account_id, key, mime_type, is_public, is_text, size, etag, created_at,
           updated_at, downloads) VALUES (?, '', ?, ?, '', 0, 0, ?, '', 0, 0, 0)`,
      );
      object.run('object', 'guest', 'object', 4000);
      object.run('other', 'named', 'other', 50_000);
      const accountId = 'guest';
      insertUpload(raw, { id: 'received', size: 600_000, directKey: null, partSize: null, accountId, at: 1 });
      insertUpload(raw, { id: 'not received', size: 7, directKey: null, partSize: null, accountId });
      insertUpload(raw, { id: 'direct', size: 8_000_000, directKey: 'd', partSize: null, accountId });
      insertUpload(raw, { id: 'guest in parts', size: 7, directKey: null, partSize: 5, accountId });
    });
    const usage = withConnection((raw) => raw.prepare('SELECT * FROM storage_usage').get(), file);
    expect(usage).toEqual({ id: 1, blob_bytes: 9, stranger_bytes: 8_604_321 });
  });

  test('are all that drizzle-kit would generate from the schema', async () => {
    const { output, before, after } = await generateMigrations('sqlite');
    expect(output).toContain('No schema changes');
    expect(after).toEqual(before);
  });

  test('are incomplete for drizzle-kit if the schema has another column', async () => {
    const { before, after } = await generateMigrations('sqlite', (text) =>
      text.replace("name: text('name'),", "name: text('name'), more: text('more'),"),
    );
    expect(after.length).toBeGreaterThan(before.length);
  });
});

describe('an opened connection', () => {
  test.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['secure_delete', 1],
    ['auto_vacuum', 2],
    ['foreign_keys', 1],
    ['busy_timeout', 5000],
  ])('has %s = %p, also when the file is opened again', (name, value) => {
    const file = emptyFile();
    for (let opening = 0; opening < 2; opening += 1)
      withConnection((raw) => expect(raw.pragma(name, { simple: true })).toBe(value), file);
  });

  test('uses a SQLite without the race in the WAL’s reset', () => {
    const version = withConnection((raw) => raw.prepare('SELECT sqlite_version()').pluck().get() as string);
    const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(3_051_003);
  });
});

describe('queries', () => {
  /** The plan of every statement that runs while `use` runs. */
  function planOf(raw: Database.Database, statement: string): string {
    const rows = raw.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...parameters(statement)) as {
      detail: string;
    }[];
    return rows.map(({ detail }) => detail).join('\n');
  }
  const parameters = (statement: string) => Array.from(statement.matchAll(/\?/g), () => 1);

  const sweeps: [string, string, string][] = [
    ['idempotency records', 'idempotency_records_expires_at', '"idempotency_records"'],
    ['claims of blobs', 'blob_journal_due_at', '"blob_journal"'],
  ];

  test.each(sweeps)('of the sweep find %s through %s and scan no table', async (_, index, table) => {
    const statement = (await preparedStatements()).find(
      (sql) => /^(delete|update)/i.test(sql) && sql.includes(table) && /order by/i.test(sql),
    );
    if (statement === undefined) throw new Error(`no statement over ${table}`);
    const plan = withConnection((raw) => planOf(raw, statement));
    expect(plan).toContain(`INDEX ${index}`);
    expect(plan).not.toMatch(/SCAN (?!.*USING)/);
    expect(plan).not.toContain('TEMP B-TREE');
  });

  test('of a read find the row through its unique index', async () => {
    const statement = (await preparedStatements()).find((sql) =>
      /^select .*"content".* from "payloads" where/i.test(sql),
    );
    if (statement === undefined) throw new Error('no such statement');
    expect(withConnection((raw) => planOf(raw, statement))).toContain('INDEX payloads_id_unique (id=?)');
  });
});

/** Every statement that the stores prepare, as SQLite gets it. */
async function preparedStatements(): Promise<string[]> {
  const { createSqliteStores } = await import('../../src/stores/sqlite/index.ts');
  const connection = openConnection(emptyFile());
  const statements: string[] = [];
  const { prepare } = Database.prototype;
  connection.raw.prepare = ((sql: string) => {
    statements.push(sql);
    return prepare.call(connection.raw, sql);
  }) as Database.Database['prepare'];
  createSqliteStores(connection);
  connection.raw.close();
  return statements;
}

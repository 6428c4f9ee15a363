import { expect, test } from 'bun:test';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { migrateDatabase } from '../../../src/stores/postgres/database/migrations.ts';
import * as schema from '../../../src/stores/postgres/schema/index.ts';
import { generateMigrations } from '../../support/generated-migrations.ts';
import { sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';
import { migratedDatabase } from './open-postgres-stores.ts';

const tables: PgTable[] = Object.values(schema);

/** The tables of the ring: one for each number in the first byte of an id that begins with the bits 00. */
const leaves = Array.from({ length: 64 }, (_, leaf) => `payloads_${String(leaf).padStart(2, '0')}`);

type Row = Record<string, unknown>;

async function connected<T>(url: string, use: (query: (text: string) => Promise<Row[]>) => Promise<T>) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(async (text) => (await client.query<Row>(text)).rows);
  } finally {
    await client.end();
  }
}

async function queryNew(text: string): Promise<Row[]> {
  const url = await migratedDatabase(await sharedPostgres());
  return connected(url, (query) => query(text));
}

const emptyDatabase = async () => (await sharedPostgres()).createDatabase();

const columns = `
  SELECT relname AS table, attname AS name, attnotnull AS "isNotNull",
    format_type(atttypid, atttypmod) || CASE collname WHEN 'C' THEN ' COLLATE "C"' ELSE '' END AS type,
    attidentity = 'a' AS "isGenerated",
    coalesce(array_position(indkey::int2[], attnum) + 1, 0) AS "placeInKey"
  FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_collation ON pg_collation.oid = attcollation
    LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
  ORDER BY relname, attname`;

const indexes = `
  SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`;

/** Everything that a migration can change. */
const everything = [
  columns,
  indexes,
  `SELECT conname, conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS definition FROM pg_constraint
   WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
  `SELECT relname, reloptions, pg_get_expr(relpartbound, oid) AS bound FROM pg_class
   WHERE relnamespace = 'public'::regnamespace ORDER BY 1`,
  `SELECT attrelid::regclass::text AS table, attname, attstorage FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
   WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2`,
  'SELECT * FROM schema',
  'SELECT setconfig FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid WHERE datname = current_database()',
];

const schemaAt = (url: string) =>
  connected(url, async (query) => {
    const found: Row[][] = [];
    for (const part of everything) found.push(await query(part));
    return found;
  });

/** The position in the table's key, from 1; 0 if the column is not part of it. */
function placeInKey(table: PgTable, column: { name: string; primary: boolean }): number {
  if (column.primary) return 1;
  const [key] = getTableConfig(table).primaryKeys;
  return (key?.columns.findIndex(({ name }) => name === column.name) ?? -1) + 1;
}

await suiteWithPostgres('the migrations of PostgreSQL', () => {
  test('create the tables and columns of the schema, and the ring', async () => {
    const all = await queryNew(columns);
    const declared = tables.flatMap((table) => {
      const { name, columns } = getTableConfig(table);
      return columns.map((column) => ({
        table: name,
        name: column.name,
        isNotNull: column.notNull,
        type: column.getSQLType(),
        isGenerated: column.generatedIdentity !== undefined,
        placeInKey: placeInKey(table, column),
      }));
    });
    const inSchema = new Set(declared.map(({ table }) => table));
    const key = ({ table, name }: Row) => `${table}.${name}`;
    const sorted = (rows: Row[]) => rows.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
    expect(sorted(all.filter(({ table }) => inSchema.has(String(table))))).toEqual(sorted(declared));
    const others = new Set(all.map(({ table }) => String(table))).difference(inSchema);
    const made = ['disk_reserve', 'payloads', 'schema', ...leaves];
    expect([...others].toSorted()).toEqual(made.toSorted());
  });

  test('give each table of the ring the columns of the table beside it', async () => {
    const all = await queryNew(columns);
    const columnsOf = (name: string) =>
      all.filter(({ table }) => table === name).map(({ table: _, ...column }) => column);
    const expected = columnsOf('payloads_legacy');
    expect(expected.length).toBeGreaterThan(10);
    for (const table of ['payloads', ...leaves])
      expect({ table, columns: columnsOf(table) }).toEqual({ table, columns: expected });
  });

  test('divide the ids of the ring by their first byte', async () => {
    const bounds = await queryNew(
      `SELECT relname AS table, pg_get_expr(relpartbound, oid) AS bound FROM pg_class WHERE relispartition AND relkind = 'r'
       ORDER BY relname`,
    );
    const idFrom = (byte: number) =>
      `${byte.toString(16).padStart(2, '0')}000000-0000-0000-0000-000000000000`;
    const expected = leaves.map((table, leaf) => ({
      table,
      bound: `FOR VALUES FROM ('${idFrom(leaf)}') TO ('${idFrom(leaf + 1)}')`,
    }));
    expect(bounds).toEqual(expected);
  });

  // docs/decisions.md names them.
  test('leave room on the pages of rows that change often, and vacuum them early', async () => {
    const found = await queryNew(
      `SELECT relname AS table FROM pg_class WHERE reloptions @> '{fillfactor=70}'
         AND array_to_string(reloptions, ' ') LIKE '%autovacuum_vacuum_scale_factor=0%' ORDER BY 1`,
    );
    expect(found.map(({ table }) => table)).toEqual(
      [
        ...[
          'account_traffic',
          'accounts',
          'blob_journal',
          'buckets',
          'idempotency_records',
          'keys',
          'objects',
        ],
        ...['room_leases', 'uploads', 'webhook_deliveries', 'webhooks'],
      ].toSorted(),
    );
  });

  test('vacuum after inserts only in the tables of the ring that are not truncated first', async () => {
    const found = await queryNew(
      `SELECT relname AS table FROM pg_class WHERE reloptions @> '{autovacuum_vacuum_insert_threshold=-1}' ORDER BY 1`,
    );
    expect(found.map(({ table }) => table)).toEqual(leaves.slice(0, 48));
  });

  test('create the indexes of the schema', async () => {
    const made = (await queryNew(indexes)).map(({ name }) => String(name));
    const declared = tables.flatMap((table) => {
      const { name, indexes, columns } = getTableConfig(table);
      return [
        ...indexes.map((index) => index.config.name ?? ''),
        ...columns
          .filter(({ isUnique }) => isUnique)
          .map((column) => column.uniqueName ?? `${name}_${column.name}`),
      ];
    });
    expect(declared.filter((name) => !made.includes(name))).toEqual([]);
    const ofTheRing = leaves.flatMap((leaf) => [`${leaf}_pkey`, `${leaf}_expires_at`, `${leaf}_booked`]);
    expect(ofTheRing.filter((name) => !made.includes(name))).toEqual([]);
  });

  test('that run twice change nothing and lose nothing', async () => {
    const url = await emptyDatabase();
    await migrateDatabase(url);
    const first = await schemaAt(url);
    await connected(url, (query) => query("INSERT INTO deployment VALUES ('name', 'value')"));
    await migrateDatabase(url);
    expect(await schemaAt(url)).toEqual(first);
    expect(await connected(url, (query) => query('SELECT * FROM deployment'))).toEqual([
      { name: 'name', value: 'value' },
    ]);
  });

  test('that four processes run at once run once', async () => {
    const [alone, url] = [await emptyDatabase(), await emptyDatabase()];
    await migrateDatabase(alone);
    await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(url)));
    expect(await schemaAt(url)).toEqual(await schemaAt(alone));
  });

  test('are all that drizzle-kit would generate from the schema', async () => {
    const { output, before, after } = await generateMigrations('postgres');
    expect(output).toContain('No schema changes');
    expect(after).toEqual(before);
  });
});

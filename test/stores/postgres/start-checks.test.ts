import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import pg from 'pg';
import { PgSql } from '../../../src/stores/postgres/database/driver.ts';
import { migrateDatabase } from '../../../src/stores/postgres/database/migrations.ts';
import { openServer, prepareServer } from '../../../src/stores/postgres/database/open.ts';
import { schemaState } from '../../../src/stores/postgres/database/schema-version.ts';
import type { Sql } from '../../../src/stores/postgres/database/sql.ts';
import { checkServer, UnfitServer } from '../../../src/stores/postgres/database/start-checks.ts';
import {
  type PostgresServer,
  sharedPostgres,
  startPostgres,
  suiteWithPostgres,
} from '../../support/postgres.ts';

const timers = { every: () => () => undefined, sleep: async () => undefined };
const started: PostgresServer[] = [];
afterAll(() => Promise.all(started.map((server) => server.stop())));

const options = (url: string, isUntested = false) => ({
  url: () => url,
  directUrl: () => url,
  pool: 8,
  prepare: true,
  isUntested,
});

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

async function refusalOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof UnfitServer) return error.message;
  throw new Error('it was opened', { cause: error });
}

/** A server that reports these settings over those of a good one. */
function reporting(settings: Record<string, string | null>): Sql {
  const all: Record<string, string | null> = {
    version: 'PostgreSQL 15.20 (Debian 15.20-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc',
    fsync: 'on',
    full_page_writes: 'on',
    max_connections: '100',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
    ...settings,
  };
  const rows = Object.entries(all).map(([name, value]) => ({ name, value }));
  return { read: async () => rows } as unknown as Sql;
}

const check = (settings: Record<string, string | null>, isUntested = false) =>
  checkServer(reporting(settings), { connections: 8, isUntested });

// Rules: docs/postgresql.md, "Set up".
describe('the checks of a server', () => {
  test.each([
    'PostgreSQL 15.20 (Debian 15.20-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc',
    'PostgreSQL 18.4 on x86_64-pc-linux-gnu, compiled by gcc (GCC) 14.2.0, 64-bit',
    'PostgreSQL 19beta2 on aarch64-unknown-linux-gnu',
  ])('accept %s', async (version) => {
    expect(await check({ version })).toEqual({ problems: [], warnings: [], canTruncate: true });
  });

  test.each([
    ['PostgreSQL 14.9 on x86_64-pc-linux-gnu, compiled by gcc', true],
    ['PostgreSQL 15.12-YB-2.25.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang', false],
    ['CockroachDB CCL v25.1.0 (x86_64-pc-linux-gnu, built 2025/02/18)', false],
  ])('refuse %s, except as untested', async (version, canTruncate) => {
    expect((await check({ version })).problems).toHaveLength(1);
    expect(await check({ version }, true)).toEqual({ problems: [], warnings: [], canTruncate });
  });

  test.each(['off', 'local', 'remote_write'])('refuse synchronous_commit=%s', async (value) => {
    expect((await check({ synchronous_commit: value })).problems).toEqual([
      expect.stringContaining('synchronous_commit'),
    ]);
  });

  test('refuse a server that loses acknowledged writes in a crash', async () => {
    expect((await check({ fsync: 'off' })).problems).toEqual([expect.stringContaining('fsync')]);
  });

  test('refuse a server that hides the warning of a commit that did not wait for its standby', async () => {
    expect((await check({ client_min_messages: 'warning' })).problems).toEqual([]);
    expect((await check({ client_min_messages: 'error' })).problems).toEqual([
      expect.stringContaining('client_min_messages'),
    ]);
  });

  test('refuse another encoding than UTF-8', async () => {
    expect((await check({ server_encoding: 'SQL_ASCII' })).problems).toEqual([
      expect.stringContaining("ENCODING 'UTF8'"),
    ]);
  });

  test('warn if the connections exceed 80 % of those of the server', async () => {
    expect((await check({ max_connections: '10' })).warnings).toEqual([]);
    expect((await check({ max_connections: '9' })).warnings).toEqual([
      expect.stringContaining('DATABASE_POOL'),
    ]);
  });
});

await suiteWithPostgres('a start', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await sharedPostgres();
  });

  test('creates the schema and the settings of the role in an empty database', async () => {
    const url = await server.createDatabase();
    const opened = await openServer(options(url), timers);
    expect(opened.isNew).toBe(true);
    expect(await schemaState(opened.sql)).toBe('usable');
    await opened.sql.close();
    const again = await openServer(options(url), timers);
    expect(again.isNew).toBe(false);
    await again.sql.close();
  });

  test('creates all tables in the schema that has the name of the role', async () => {
    const url = await server.createDatabase();
    await query(url, 'CREATE SCHEMA mayfly');
    const { sql } = await openServer(options(url), timers);
    const tables = await sql.read<{ namespace: string }>({
      text: `SELECT DISTINCT relnamespace::regnamespace::text AS namespace FROM pg_class
             WHERE relowner = current_user::regrole AND relnamespace <> 'pg_toast'::regnamespace`,
    });
    expect(tables).toEqual([{ namespace: 'mayfly' }]);
    await sql.close();
  });

  test('of several nodes at once on an empty database succeeds on all', async () => {
    const url = await server.createDatabase();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openServer(options(url), timers)));
    for (const { sql } of opened) expect(await schemaState(sql)).toBe('usable');
    await Promise.all(opened.map(({ sql }) => sql.close()));
  });

  test('does not change the schema of an older version, and names the command that does', async () => {
    const url = await server.createDatabase();
    await migrateDatabase(url);
    await query(url, 'UPDATE schema SET version = version - 1');
    expect(await refusalOf(openServer(options(url), timers))).toContain('run mayfly migrate');
  });

  test('uses the schema of a newer version, until that removes what this version needs', async () => {
    const url = await server.createDatabase();
    await migrateDatabase(url);
    await query(url, 'UPDATE schema SET version = version + 1');
    await migrateDatabase(url);
    const ticks: (() => void)[] = [];
    const every = (_: number, task: () => void) => {
      ticks.push(task);
      return () => undefined;
    };
    const { sql, schema } = await openServer(options(url), { ...timers, every });
    await schema.check();
    await schema.require();
    await query(url, 'UPDATE schema SET oldest_code = version');
    for (const tick of ticks) tick();
    expect(await schema.unusable).toContain('install the version of the other servers');
    expect(schema.require()).rejects.toMatchObject({ state: 'wrong' });
    await sql.close();
    for (const older of [false, true])
      expect(await refusalOf(prepareServer(options(url), { empty: true, older }))).toContain(
        'only newer versions',
      );
  });

  test('without the settings of the role names the command that makes them', async () => {
    const url = await server.createDatabase();
    await migrateDatabase(url);
    await query(url, `ALTER ROLE CURRENT_USER IN DATABASE ${new URL(url).pathname.slice(1)} RESET ALL`);
    expect(await refusalOf(openServer(options(url), timers))).toMatch(
      /plan_cache_mode=force_custom_plan.*statement_timeout=10s.*run mayfly migrate/,
    );
    await prepareServer(options(url), { empty: true, older: true });
    const { sql } = await openServer(options(url), timers);
    await sql.close();
  });

  test('on a server without fsync leaves its database empty', async () => {
    const unsafe = await startPostgres({ settings: { fsync: 'off' } });
    started.push(unsafe);
    const url = await unsafe.createDatabase();
    expect(await refusalOf(openServer(options(url), timers))).toContain('fsync');
    const sql = new PgSql({ url, pool: 1, prepare: false });
    expect(await schemaState(sql)).toBe('none');
    await sql.close();
  });
});

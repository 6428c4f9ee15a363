import { beforeAll, beforeEach, expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Migration, readMigrations } from '../../../src/stores/postgres/database/migration-files.ts';
import { migrateDatabase } from '../../../src/stores/postgres/database/migrations.ts';
import { laterVersion } from '../../support/later-version.ts';
import { checkout } from '../../support/parts.ts';
import { startPgbouncer } from '../../support/pgbouncer.ts';
import { type PostgresServer, sharedPostgres, suiteWithPostgres } from '../../support/postgres.ts';
import { startProcess } from '../../support/running-process.ts';
import { waitFor } from '../../support/wait-for.ts';
import { migratedDatabase } from './open-postgres-stores.ts';

const released = readMigrations();

/** The migrations of this version and more, as a later version has them. */
function followedBy(...added: (Partial<Migration> & { statements: string[] })[]): Migration[] {
  const numbered = added.map((migration, index) => ({
    name: `made_up_${index}`,
    number: released.length + index + 1,
    oldestCode: undefined,
    isOutside: false,
    ...migration,
  }));
  return [...released, ...numbered];
}

const column = { statements: ['ALTER TABLE "objects" ADD COLUMN "made_up" integer DEFAULT 7'] };
const index = {
  statements: ['CREATE UNIQUE INDEX CONCURRENTLY "made_up" ON "deployment" USING btree ("value")'],
  isOutside: true,
};

// Rules: docs/postgresql.md, "Upgrading several servers".
await suiteWithPostgres('a migration', () => {
  let server: PostgresServer;
  let url: string;
  beforeAll(async () => {
    server = await sharedPostgres();
  });
  beforeEach(async () => {
    url = await migratedDatabase(server);
  });

  async function query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    const client = await connected();
    return (await client.query<Row>(text).finally(() => client.end())).rows;
  }

  async function connected(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  const version = async () => (await query('SELECT version, oldest_code FROM schema'))[0];
  const indexes = () =>
    query(`SELECT indisvalid AS valid, indisunique AS unique FROM pg_index
        WHERE indexrelid = to_regclass('made_up')`);
  const migrating = () =>
    query<{ waits: boolean }>(
      `SELECT wait_event_type = 'Lock' AS waits FROM pg_stat_activity
         WHERE application_name = 'mayfly migrate' AND datname = current_database()`,
    );

  test('that contracts raises the oldest code, and a later one keeps it', async () => {
    const before = await version();
    await migrateDatabase(url, followedBy(column));
    expect(await version()).toEqual({ ...before, version: released.length + 1 });
    const contraction = {
      statements: ['ALTER TABLE "objects" DROP COLUMN "made_up"'],
      oldestCode: released.length + 1,
    };
    await migrateDatabase(url, followedBy(column, contraction, { statements: ['SELECT 1'] }));
    expect(await version()).toEqual({ version: released.length + 3, oldest_code: released.length + 1 });
  });

  test('fills an empty database in one transaction, with its indexes', async () => {
    url = await server.createDatabase();
    await expect(migrateDatabase(url, followedBy(index, { statements: ['SELECT wrong'] }))).rejects.toThrow(
      /made_up_1 failed: column "wrong" does not exist/,
    );
    expect(await version()).toEqual({ version: 0, oldest_code: 0 });
    await migrateDatabase(url, followedBy(index));
    expect(await version()).toMatchObject({ version: released.length + 1 });
    expect(await indexes()).toEqual([{ valid: true, unique: true }]);
  });

  test('goes on beside a client whose name is almost that of a server', async () => {
    const client = await connected();
    await client.query("SET application_name = 'mayfly 99999999999'");
    await migrateDatabase(url, followedBy(column)).finally(() => client.end());
    expect(await version()).toMatchObject({ version: released.length + 1 });
  });

  test('that fails changes nothing, and names itself', async () => {
    const before = await version();
    const broken = { statements: [...column.statements, 'ALTER TABLE "absent" ADD COLUMN "made_up" text'] };
    await expect(migrateDatabase(url, followedBy(broken))).rejects.toThrow(
      /made_up_0 failed: relation "absent" does not exist/,
    );
    expect(await version()).toEqual(before);
    await migrateDatabase(url, followedBy(column));
  });

  test('builds an index while the table is written, and only once for four processes', async () => {
    const [, ...results] = await Promise.all([
      query("INSERT INTO deployment VALUES ('a', 'one')"),
      ...Array.from({ length: 4 }, () => migrateDatabase(url, followedBy(index, column))),
    ]);
    expect(results).toHaveLength(4);
    expect(await version()).toMatchObject({ version: released.length + 2 });
    expect(await indexes()).toEqual([{ valid: true, unique: true }]);
  });

  test('drops an index that a failed run has left, and builds it again', async () => {
    await query("INSERT INTO deployment VALUES ('a', 'same'), ('b', 'same')");
    await expect(migrateDatabase(url, followedBy(index))).rejects.toThrow(/made_up_0 failed/);
    expect(await indexes()).toEqual([{ valid: false, unique: true }]);
    await query("DELETE FROM deployment WHERE name = 'b'");
    await migrateDatabase(url, followedBy(index));
    expect(await indexes()).toEqual([{ valid: true, unique: true }]);
  });

  test('waits while another process builds the index, and takes over when that one is killed', async () => {
    const writer = await connected();
    await writer.query('SET idle_in_transaction_session_timeout = 0');
    await writer.query('BEGIN');
    await writer.query("INSERT INTO deployment VALUES ('a', 'one')");
    const settings = { DATABASE_URL: url, REDIS_URL: 'redis://127.0.0.1:1', SECRET: 'x'.repeat(32) };
    const s3 = {
      S3_ENDPOINT: 'http://127.0.0.1:1',
      S3_BUCKET: 'b',
      S3_ACCESS_KEY_ID: 'k',
      S3_SECRET_ACCESS_KEY: 's',
    };
    const killed = startProcess(process.execPath, ['--no-env-file', 'src/main.ts', 'migrate'], {
      cwd: laterVersion(checkout, { migrations: [`-- outside of transactions\n${index.statements}`] }),
      env: { PATH: process.env.PATH, ...settings, ...s3 },
    });
    const waiting = async () => (await migrating()).filter(({ waits }) => waits).length;
    const patience = { timeoutMs: 60_000 };
    await waitFor('a build that waits for the writer', async () => (await waiting()) === 1, patience);
    const second = migrateDatabase(url, followedBy(index));
    await waitFor('a second process', async () => (await waiting()) === 2, patience);
    await killed.kill();
    await writer.query('COMMIT');
    await writer.end();
    await second;
    expect(await indexes()).toEqual([{ valid: true, unique: true }]);
    expect(await version()).toMatchObject({ version: released.length + 1 });
  });

  test('never makes readers wait for more than two seconds, and succeeds when the table is free', async () => {
    const reader = await connected();
    await reader.query('SET idle_in_transaction_session_timeout = 0');
    await reader.query('BEGIN');
    await reader.query('SELECT FROM objects');
    const migration = migrateDatabase(url, followedBy(column));
    let slowest = 0;
    const until = performance.now() + 6000;
    // At least until it had to wait, which may begin late.
    while (performance.now() < until || slowest < 1000) {
      const began = performance.now();
      await query('SELECT FROM objects');
      slowest = Math.max(slowest, performance.now() - began);
      await sleep(20);
    }
    await reader.query('COMMIT');
    await reader.end();
    await migration;
    // A busy machine adds to it.
    expect(slowest).toBeLessThan(4000);
    expect(await version()).toMatchObject({ version: released.length + 1 });
  });

  test('through a pooler is refused, and names the setting', async () => {
    const pooler = await startPgbouncer(url);
    try {
      await expect(migrateDatabase(pooler.url)).rejects.toThrow(/set DATABASE_DIRECT_URL/);
    } finally {
      await pooler.stop();
    }
  });
}, ['pgbouncer']);

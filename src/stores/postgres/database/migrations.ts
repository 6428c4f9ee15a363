import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { errorCode } from '../../../core/failure.ts';
import { primaryClient, urlsOf } from './connection.ts';
import { isOfServer } from './errors.ts';
import { type Migration, readMigrations } from './migration-files.ts';
import { roleSettings, UnfitServer } from './start-checks.ts';

/** How long a migration may hold or await locks on tables (ms): the statements of running servers wait behind it. */
const longestBlock = 2000;
/** How often a migration that meets other locks is tried, and the first and longest pause before it is repeated (ms). */
const maxTries = 12;
const firstPause = 1000;
const longestPause = 15_000;

/**
 * Brings the schema of the database up to date, and sets what Mayfly needs on its role. Of several callers at once, one
 * makes each step, and the others wait. A caller that is killed leaves steps that were made completely, and a next one
 * continues.
 *
 * @param url Leads to the server itself: a pooler in transaction mode keeps no session.
 * @throws UnfitServer
 */
export async function migrateDatabase(url: string, migrations = readMigrations()): Promise<void> {
  const client = await connected(url);
  try {
    await refusePooler(client, url);
    // The timeouts of the role are meant for requests. A process that is stopped must not keep its locks, though.
    await client.query(
      "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = '5s'",
    );
    await createVersionRow(client);
    const pending = migrations.slice(await prepare(client, migrations));
    await refuseOlderServers(client, oldestCodeOf(pending));
    for (const migration of pending) await apply(client, migration);
  } finally {
    await client.end();
  }
}

async function connected(url: string): Promise<pg.Client> {
  const Client = primaryClient(url);
  let failure: unknown;
  for (const _ of urlsOf(url)) {
    try {
      return await new Client({
        application_name: 'mayfly migrate',
        connectionTimeoutMillis: 5000,
      }).connect();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** A pooler in transaction mode lends one connection of the server to several clients. */
async function refusePooler(client: pg.Client, url: string): Promise<void> {
  const other = await connected(url);
  try {
    // Its other clients may take the connection in between.
    for (let tries = 0; tries < 3; tries += 1)
      if ((await backendOf(client)) === (await backendOf(other)))
        throw new UnfitServer(
          'is reached through a pooler, which cannot run migrations: set DATABASE_DIRECT_URL to PostgreSQL itself',
        );
  } finally {
    await other.end();
  }
}

async function backendOf(client: pg.Client): Promise<number> {
  return (await client.query('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
}

/** The row is locked by each step, so that steps never run at the same time. */
async function createVersionRow(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`SELECT to_regclass('schema') IS NOT NULL AS "exists"`);
  if (rows[0]?.exists) return;
  try {
    // One transaction.
    await client.query(
      'CREATE TABLE schema (version integer NOT NULL, oldest_code integer NOT NULL); INSERT INTO schema VALUES (0, 0)',
    );
  } catch (error) {
    // Another process has created the table at the same time.
    if (!/^(42P07|42710|23505)$/.test(errorCode(error) ?? '')) throw error;
  }
}

/**
 * Sets what a node requires on the role, and fills an empty database in the same transaction.
 *
 * @returns The version of the schema.
 */
function prepare(client: pg.Client, migrations: Migration[]): Promise<number> {
  return locked(client, async (version) => {
    await setOnRole(client);
    if (version > 0) return version;
    // Nobody uses the tables yet.
    for (const migration of migrations)
      for (const statement of migration.statements)
        await run(client, migration, statement.replace(/^(.*\bINDEX) CONCURRENTLY/m, '$1'));
    const last = migrations.at(-1);
    if (last === undefined) return 0;
    await record(client, last.number, oldestCodeOf(migrations));
    return last.number;
  });
}

function oldestCodeOf(migrations: Migration[]): number {
  return Math.max(0, ...migrations.map(({ oldestCode = 0 }) => oldestCode));
}

async function refuseOlderServers(client: pg.Client, oldestCode: number): Promise<void> {
  const { rows } = await client.query(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND substring(application_name FROM '^mayfly (\\d{1,9})$')::int < $1`,
    [oldestCode],
  );
  if (rows[0]?.count > 0)
    throw new UnfitServer(
      `cannot be migrated while servers of older versions use it (${rows[0]?.count} connections): upgrade them to the version before this one, or stop them`,
    );
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const { number, statements, isOutside, oldestCode = 0 } = migration;
  if (isOutside) for (const statement of statements) await runOutside(client, migration, statement);
  await repeated(migration, () =>
    locked(client, async (version) => {
      // Another process was faster.
      if (version >= number) return;
      if (!isOutside) await runBriefly(client, migration);
      await record(client, number, oldestCode);
    }),
  );
}

/** Runs `work` in a transaction that has locked the row of the schema, and passes the version that it found. */
async function locked<T>(client: pg.Client, work: (version: number) => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    const { rows } = await client.query('SELECT version FROM schema FOR UPDATE');
    const result = await work(rows[0]?.version);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function setOnRole(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT quote_ident(current_database()) AS "database"');
  for (const [name, value] of Object.entries(roleSettings))
    await client.query(`ALTER ROLE CURRENT_USER IN DATABASE ${rows[0]?.database} SET ${name} = '${value}'`);
}

async function record(client: pg.Client, version: number, oldestCode: number): Promise<void> {
  await client.query('UPDATE schema SET version = $1, oldest_code = greatest(oldest_code, $2)', [
    version,
    oldestCode,
  ]);
}

/** Runs the statements of a migration. All together have `longestBlock`, since they keep their locks to the end. */
async function runBriefly(client: pg.Client, migration: Migration): Promise<void> {
  const end = performance.now() + longestBlock;
  for (const statement of migration.statements) {
    const left = Math.max(1, Math.floor(end - performance.now()));
    await client.query(`SET LOCAL statement_timeout = ${left}`);
    await run(client, migration, statement);
  }
  await client.query('SET LOCAL statement_timeout = 0');
}

/** Runs a statement that blocks no reads and writes, for as long as it takes. */
async function runOutside(client: pg.Client, migration: Migration, statement: string): Promise<void> {
  const [, index, table] = concurrentIndex.exec(statement) ?? [];
  if (index === undefined || table === undefined) return run(client, migration, statement);
  // Another process may begin to build it; then this one waits.
  const build = statement.replace(/ CONCURRENTLY (?=")/, ' CONCURRENTLY IF NOT EXISTS ');
  while (!(await isValid(client, index)))
    await repeated(migration, async () => {
      await dropInvalid(client, index, table);
      await run(client, migration, build);
    });
}

const concurrentIndex = /^CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?"(\w+)" ON "(\w+)"/m;

async function isValid(client: pg.Client, index: string): Promise<boolean | undefined> {
  const found = await client.query('SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)', [
    `"${index}"`,
  ]);
  return found.rows[0]?.indisvalid;
}

/** Drops an index that a failed try has left. An index that another process is still building is invalid too. */
function dropInvalid(client: pg.Client, index: string, table: string): Promise<void> {
  return locked(client, async () => {
    // Waits until no process builds an index on the table. Reads and writes do not wait behind it.
    await client.query(`LOCK TABLE "${table}" IN SHARE UPDATE EXCLUSIVE MODE`);
    if ((await isValid(client, index)) !== false) return;
    await client.query(`SET LOCAL lock_timeout = ${longestBlock}`);
    await client.query(`DROP INDEX "${index}"`);
  });
}

/** Repeats work that gave way to other transactions, after a pause in which these go on. */
async function repeated<T>({ name }: Migration, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!/^(40P01|55P03|57014)$/.test(errorCode(error) ?? '')) throw error;
      if (tries === maxTries)
        throw new UnfitServer(
          `cannot be migrated, because ${name} did not get its locks in ${maxTries} tries: end long transactions, such as those of pg_dump or mayfly check, and run mayfly migrate again`,
        );
      await sleep(Math.min(longestPause, firstPause * 2 ** (tries - 1)));
    }
  }
}

async function run(client: pg.Client, { name }: Migration, statement: string): Promise<void> {
  try {
    await client.query(statement);
  } catch (error) {
    if (!isOfServer(error) || /^(40P01|55P03|57)/.test(errorCode(error) ?? '')) throw error;
    throw new UnfitServer(`cannot be migrated, because ${name} failed: ${(error as Error).message}`);
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { primaryClient, urlsOf } from './connection.ts';
import { type Sql, unprepared } from './sql.ts';
import { roleSettings } from './start-checks.ts';

const migrationsFolder = fileURLToPath(new URL('../../../../migrations/postgres', import.meta.url));

/** Any number that other programs on this database do not use; the connection's end releases it. */
const migrationLock = 7_236_489_115;

/** How long a migration waits for a lock on a table (ms): the statements of a running server wait behind it. */
const tableLockTimeout = 2000;

/** The schema of a database, compared with the one of this version. */
export type SchemaState = 'none' | 'outdated' | 'current';

/**
 * Brings the schema of the database up to date, and sets what Mayfly needs on its role. Of several callers at once, one
 * migrates and the others wait.
 *
 * @param url Leads to the server itself, since a pooler may not keep a session.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const client = await connected(url);
  try {
    // The timeouts of the role are meant for requests.
    await client.query(
      'SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0',
    );
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    await client.query(`SET lock_timeout = ${tableLockTimeout}`);
    // First, because a node that finds the new schema requires them.
    await setOnRole(client);
    await migrate(drizzle({ client }), { migrationsFolder, migrationsSchema: 'public' });
  } finally {
    await client.end();
  }
}

/** Compares the schema of the database with the migrations of this version. A newer schema counts as current. */
export async function schemaState(sql: Sql): Promise<SchemaState> {
  const [found] = await sql.read<{ table: string | null }>(findTable);
  if (!found?.table) return 'none';
  const [last] = await sql.read<{ at: number | null }>(lastMigration);
  // The table is made before the transaction of the first migration.
  if (!last?.at) return 'none';
  return last.at < newestMigration() ? 'outdated' : 'current';
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

async function setOnRole(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT quote_ident(current_database()) AS "database"');
  for (const [name, value] of Object.entries(roleSettings))
    await client.query(`ALTER ROLE CURRENT_USER IN DATABASE ${rows[0]?.database} SET ${name} = '${value}'`);
}

/** The time of the newest migration of this version (ms). */
function newestMigration(): number {
  const file = join(migrationsFolder, 'meta', '_journal.json');
  if (!existsSync(file))
    throw new Error(`the migrations are missing in ${migrationsFolder}: install Mayfly again`);
  const { entries } = JSON.parse(readFileSync(file, 'utf8')) as { entries: { when: number }[] };
  return Math.max(...entries.map(({ when }) => when));
}

const findTable = unprepared(`SELECT to_regclass('public.__drizzle_migrations')::text AS "table"`);
const lastMigration = unprepared('SELECT max(created_at) AS at FROM public.__drizzle_migrations');

import { randomUUID } from 'node:crypto';
import type { Timers } from '../../../core/ports/clock.ts';
import { arrivalProblem, takeOver } from '../moving/arrival.ts';
import { urlsOf } from './connection.ts';
import { DatabaseClock } from './database-clock.ts';
import { type DriverOptions, PgSql } from './driver.ts';
import { connectionName } from './migration-files.ts';
import { migrateDatabase } from './migrations.ts';
import { SchemaWatch, schemaProblems, schemaState } from './schema-version.ts';
import { type Sql, unprepared } from './sql.ts';
import { StandbyWait } from './standby-wait.ts';
import { checkStandbys } from './standbys.ts';
import { checkServer, missingRoleSettings, UnfitServer } from './start-checks.ts';

export type ServerOptions = Pick<DriverOptions, 'pool' | 'prepare' | 'observer'> & {
  /** The URL for requests, called for each connection, and the one for migrations. */
  url: () => string;
  directUrl: () => string;
  /** How many processes like this one use the database, for the warning about too many connections. */
  processes?: number;
  /** Whether an engine other than PostgreSQL is accepted. */
  isUntested: boolean;
  /** Whether commits wait for a synchronous standby. */
  hasStandby?: boolean;
};

/** Which databases are migrated when they are opened. Other nodes may still use an `older` one. */
export type Migrated = { empty: boolean; older: boolean };

/**
 * Checks a server, and migrates its database if it is one of those.
 *
 * @returns Whether the database was empty, warnings, each in one line, and whether its TRUNCATE is that of PostgreSQL.
 * @throws UnfitServer
 */
export async function prepareServer(
  { directUrl, pool, processes = 1, isUntested, hasStandby = false }: ServerOptions,
  migrated: Migrated,
): Promise<{ isNew: boolean; warnings: string[]; canTruncate: boolean }> {
  // A pooler would keep its connection from before a migration, without the settings that the migration makes.
  const sql = await connect({ url: directUrl, pool: 1, prepare: false });
  try {
    const expected = { connections: processes * pool, isUntested };
    const { problems, warnings, canTruncate } = await checkServer(sql, expected);
    if (hasStandby) {
      const found = await checkStandbys(sql);
      problems.push(...found.problems);
      warnings.push(...found.warnings);
    }
    if (problems.length > 0) throw new UnfitServer(problems.join('; it '));
    const state = await schemaState(sql);
    const migrates = state === 'none' ? migrated.empty : migrated.older;
    if (state === 'contracted' || (state !== 'usable' && !migrates))
      throw new UnfitServer(schemaProblems[state]);
    if (migrates) await migrateDatabase(directUrl());
    return { isNew: state === 'none', warnings, canTruncate };
  } finally {
    await sql.close();
  }
}

/**
 * Opens a server for requests, with its clock. `id` is a random name of the database, the same for every process.
 *
 * @param mayCreate Whether the schema is created in an empty database.
 * @throws UnfitServer
 */
export async function openServer(options: ServerOptions, timers: Timers, mayCreate = true) {
  const prepared = await prepareServer(options, { empty: mayCreate, older: false });
  const { isNew, warnings, canTruncate } = prepared;
  const {
    sql,
    clock,
    schema,
    onConnect,
    used: id,
  } = await connectFit(options, async (connected) => {
    const reason = await takeOver(connected);
    if (reason !== undefined) throw new UnfitServer(reason);
    return identify(connected);
  });
  const standby = options.hasStandby ? new StandbyWait(sql) : undefined;
  if (standby) onConnect(() => standby.note());
  const watches = [clock.watch(timers), schema.watch(timers)];
  const stopWatching = () => {
    for (const stop of watches) stop();
  };
  return { sql, standby, clock, schema, stopWatching, id, onConnect, isNew, warnings, canTruncate };
}

/**
 * Opens a server as requests use it, and changes nothing in its database.
 *
 * @throws UnfitServer
 */
export async function openToExamine(options: ServerOptions) {
  const { warnings } = await prepareServer(options, { empty: false, older: false });
  const connected = await connectFit(options, async (sql) => {
    const reason = await sql.transaction(arrivalProblem);
    if (reason !== undefined) throw new UnfitServer(reason);
  });
  return { ...connected, warnings };
}

/**
 * Connects as requests do, and checks the role and the clock.
 *
 * @param use Called last. If it fails, the connections are closed.
 */
async function connectFit<Used>(options: ServerOptions, use: (sql: Sql) => Promise<Used>) {
  let clock: DatabaseClock | undefined;
  const listeners = [() => clock?.refresh()];
  const onConnect = (listener: () => void) => void listeners.push(listener);
  const sql = await connect({
    ...options,
    onConnect: () => {
      for (const listener of listeners) listener();
    },
  });
  try {
    const missing = await missingRoleSettings(sql);
    if (missing.length > 0)
      throw new UnfitServer(`lacks the role settings ${missing.join(', ')}: run mayfly migrate`);
    clock = new DatabaseClock(sql);
    await clock.compare();
    return { sql, clock, schema: new SchemaWatch(sql), onConnect, used: await use(sql) };
  } catch (error) {
    await sql.close();
    throw error;
  }
}

/** Names the database if it has no name. Of two processes that start at once, the second reads what the first wrote. */
async function identify(sql: Sql): Promise<string> {
  const [named] = await sql.read<{ value: string }>(readId);
  if (named !== undefined) return named.value;
  await sql.write(insertId, [randomUUID()]);
  return identify(sql);
}

const readId = unprepared("SELECT value FROM deployment WHERE name = 'id'");
const insertId = unprepared(
  "INSERT INTO deployment (name, value) VALUES ('id', $1) ON CONFLICT (name) DO NOTHING",
);

/** Connects to the first host that is the primary. */
async function connect(options: DriverOptions): Promise<PgSql> {
  const { url } = options;
  const sql = new PgSql({ ...options, name: connectionName() });
  let tries = urlsOf(typeof url === 'string' ? url : url()).length;
  for (;;) {
    try {
      await sql.read(unprepared('SELECT 1'));
      return sql;
    } catch (error) {
      tries -= 1;
      if (tries > 0) continue;
      await sql.close();
      throw error;
    }
  }
}

import { randomUUID } from 'node:crypto';
import type { Timers } from '../../../core/ports/clock.ts';
import { takeOver } from '../moving/arrival.ts';
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

/**
 * Checks a server and migrates its database: an empty one always, since a start needs a schema, and an older one only
 * if `migratesOlder`, since other nodes may still use it.
 *
 * @returns Whether the database was empty, warnings, each in one line, and whether its TRUNCATE is that of PostgreSQL.
 * @throws UnfitServer
 */
export async function prepareServer(
  { directUrl, pool, processes = 1, isUntested, hasStandby = false }: ServerOptions,
  migratesOlder: boolean,
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
    if (state === 'contracted' || (state === 'outdated' && !migratesOlder))
      throw new UnfitServer(schemaProblems[state]);
    if (state === 'none' || migratesOlder) await migrateDatabase(directUrl());
    return { isNew: state === 'none', warnings, canTruncate };
  } finally {
    await sql.close();
  }
}

/**
 * Opens a server for requests, with its clock. `id` is a random name of the database, the same for every process.
 *
 * @throws UnfitServer
 */
export async function openServer(options: ServerOptions, timers: Timers) {
  const { isNew, warnings, canTruncate } = await prepareServer(options, false);
  let clock: DatabaseClock | undefined;
  let id: string;
  const listeners = [() => clock?.refresh()];
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
    const reason = await takeOver(sql);
    if (reason !== undefined) throw new UnfitServer(reason);
    id = await identify(sql);
  } catch (error) {
    await sql.close();
    throw error;
  }
  const onConnect = (listener: () => void) => void listeners.push(listener);
  const standby = options.hasStandby ? new StandbyWait(sql) : undefined;
  if (standby) onConnect(() => standby.note());
  const schema = new SchemaWatch(sql);
  const watches = [clock.watch(timers), schema.watch(timers)];
  const stopWatching = () => {
    for (const stop of watches) stop();
  };
  return { sql, standby, clock, schema, stopWatching, id, onConnect, isNew, warnings, canTruncate };
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

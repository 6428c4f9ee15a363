import type { Timers } from '../../../core/ports/clock.ts';
import { urlsOf } from './connection.ts';
import { DatabaseClock } from './database-clock.ts';
import { type DriverOptions, PgSql } from './driver.ts';
import { migrateDatabase, schemaState } from './migrations.ts';
import { unprepared } from './sql.ts';
import { checkServer, missingRoleSettings } from './start-checks.ts';

export type ServerOptions = Pick<DriverOptions, 'pool' | 'prepare'> & {
  /** The URL for requests, called for each connection, and the one for migrations. */
  url: () => string;
  directUrl: () => string;
  /** Whether an engine other than PostgreSQL is accepted. */
  isUntested: boolean;
};

/** A database cannot be used. The message is one line that continues "the database …". */
export class UnfitServer extends Error {
  readonly code = 'UNFIT';
}

/** How many nodes are assumed to share the server, for the warning about too many connections. */
const nodes = 1;

/**
 * Checks a server and migrates its database: an empty one always, since a start needs a schema, and an older one only
 * if `migratesOlder`, since other nodes may still use it.
 *
 * @returns Whether the database was empty, warnings, each in one line, and whether its TRUNCATE is that of PostgreSQL.
 * @throws UnfitServer
 */
export async function prepareServer(
  { url, directUrl, pool, isUntested }: ServerOptions,
  migratesOlder: boolean,
): Promise<{ isNew: boolean; warnings: string[]; canTruncate: boolean }> {
  // Connections from before a migration do not have the settings that it makes.
  const sql = await connect({ url: migratesOlder ? directUrl : url, pool: 1, prepare: false });
  try {
    const expected = { connections: nodes * pool, isUntested };
    const { problems, warnings, canTruncate } = await checkServer(sql, expected);
    if (problems.length > 0) throw new UnfitServer(problems.join('; it '));
    const state = await schemaState(sql);
    if (state === 'outdated' && !migratesOlder)
      throw new UnfitServer('has the schema of an older version: run mayfly migrate');
    if (state === 'none' || migratesOlder) await migrateDatabase(directUrl());
    return { isNew: state === 'none', warnings, canTruncate };
  } finally {
    await sql.close();
  }
}

/**
 * Opens a server for requests, with its clock.
 *
 * @throws UnfitServer
 */
export async function openServer(options: ServerOptions, timers: Timers) {
  const { isNew, warnings, canTruncate } = await prepareServer(options, false);
  let clock: DatabaseClock | undefined;
  const sql = await connect({ ...options, onConnect: () => clock?.refresh() });
  try {
    const missing = await missingRoleSettings(sql);
    if (missing.length > 0)
      throw new UnfitServer(`lacks ${missing.join(', ')} on the role of Mayfly: run mayfly migrate`);
    clock = new DatabaseClock(sql);
    await clock.compare();
  } catch (error) {
    await sql.close();
    throw error;
  }
  return { sql, clock, stopClock: clock.watch(timers), isNew, warnings, canTruncate };
}

/** Connects to the first host that is the primary. */
async function connect(options: DriverOptions): Promise<PgSql> {
  const { url } = options;
  const sql = new PgSql(options);
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

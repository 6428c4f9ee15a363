import type { Timers } from '../../../core/ports/clock.ts';
import { Unhealthy } from '../../../core/ports/probe.ts';
import { readMigrations } from './migration-files.ts';
import { type Sql, unprepared } from './sql.ts';

/** How often a server checks whether it may still use the schema (ms). */
const interval = 10_000;

/**
 * The schema of a database for this code: `usable` also if a newer version has added to it, and `contracted` if a newer
 * version has removed what this code needs.
 */
export type SchemaState = 'none' | 'outdated' | 'usable' | 'contracted';

/** What is wrong with a schema, in one line that continues "the database …". */
export const schemaProblems: Record<Exclude<SchemaState, 'usable'>, string> = {
  none: 'has no tables: run mayfly migrate',
  outdated: 'has the schema of an older version: run mayfly migrate',
  contracted: 'has a schema that only newer versions can use: install the version of the other servers',
};

/** Compares the schema of the database with the migrations of this code. */
export async function schemaState(sql: Sql): Promise<SchemaState> {
  const code = readMigrations().length;
  const [found] = await sql.read<{ table: string | null }>(findTable);
  const [row] = found?.table ? await sql.read<{ version: number; oldestCode: number }>(readVersion) : [];
  // A row without a version was created just before the first migration.
  if (row === undefined || row.version === 0) return 'none';
  if (row.version < code) return 'outdated';
  return row.oldestCode > code ? 'contracted' : 'usable';
}

/** Notices when another version migrates the database so that this one can no longer use it. */
export class SchemaWatch {
  readonly #sql: Sql;
  #problem: string | undefined;
  #found: (problem: string) => void = () => undefined;
  /** Resolves when this version can no longer use the schema. */
  readonly unusable = new Promise<string>((resolve) => {
    this.#found = resolve;
  });

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Checks now and then. A database that cannot be reached is not reported here. */
  watch(timers: Timers): () => void {
    return timers.every(interval, () => {
      this.check().catch(() => undefined);
    });
  }

  async check(): Promise<void> {
    const state = await schemaState(this.#sql);
    this.#problem = state === 'usable' ? undefined : schemaProblems[state];
    if (this.#problem !== undefined) this.#found(this.#problem);
  }

  /** @throws Unhealthy if the last check found that this version cannot use the schema */
  async require(): Promise<void> {
    if (this.#problem !== undefined) throw new Unhealthy('wrong', `the database ${this.#problem}`);
  }
}

const findTable = unprepared(`SELECT to_regclass('schema')::text AS "table"`);
const readVersion = unprepared('SELECT version, oldest_code AS "oldestCode" FROM schema');

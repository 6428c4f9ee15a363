import type { DeploymentStore } from '../../core/ports/deployment-store.ts';
import { type Sql, unprepared } from './database/sql.ts';
import type { Writes } from './database/writes.ts';

export class PostgresDeploymentStore implements DeploymentStore {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  read(): Promise<Record<string, string>> {
    return readDeployment(this.#writes.sql);
  }

  async write(values: Record<string, string>): Promise<void> {
    const names = Object.keys(values).sort();
    if (names.length > 0) await this.#writes.single(write, [names, names.map((name) => values[name])]);
  }

  async replace(name: string, before: string | undefined, after: string): Promise<boolean> {
    const { count } = await (before === undefined
      ? this.#writes.single(insert, [name, after])
      : this.#writes.single(replace, [name, before, after]));
    return count === 1;
  }
}

/** What servers recorded about the deployment, by name. */
export async function readDeployment(sql: Sql): Promise<Record<string, string>> {
  const rows = await sql.read<{ name: string; value: string }>(read);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

const read = unprepared('SELECT name, value FROM deployment');
const insert = unprepared(
  'INSERT INTO deployment (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
);
const replace = unprepared('UPDATE deployment SET value = $3 WHERE name = $1 AND value = $2');
const write = unprepared(
  `INSERT INTO deployment (name, value) SELECT name, value FROM unnest($1::text[], $2::text[]) AS given (name, value)
   ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
);

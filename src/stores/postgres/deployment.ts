import type { DeploymentStore } from '../../core/ports/deployment-store.ts';
import { unprepared } from './database/sql.ts';
import type { Writes } from './database/writes.ts';

export class PostgresDeploymentStore implements DeploymentStore {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  async read(): Promise<Record<string, string>> {
    const rows = await this.#writes.sql.read<{ name: string; value: string }>(read);
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  async write(values: Record<string, string>): Promise<void> {
    const names = Object.keys(values).sort();
    if (names.length > 0) await this.#writes.single(write, [names, names.map((name) => values[name])]);
  }
}

const read = unprepared('SELECT name, value FROM deployment');
const write = unprepared(
  `INSERT INTO deployment (name, value) SELECT name, value FROM unnest($1::text[], $2::text[]) AS given (name, value)
   ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
);

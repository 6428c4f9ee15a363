import { and, eq, sql } from 'drizzle-orm';
import type { DeploymentStore } from '../../core/ports/deployment-store.ts';
import type { Connection } from './database/connection.ts';
import type { GroupCommit } from './database/group-commit.ts';
import { deployment } from './schema/index.ts';

export class SqliteDeploymentStore implements DeploymentStore {
  readonly #database: Connection['database'];
  readonly #writes: GroupCommit;

  constructor({ database }: Connection, writes: GroupCommit) {
    this.#database = database;
    this.#writes = writes;
  }

  async read(): Promise<Record<string, string>> {
    const rows = this.#database.select().from(deployment).all();
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  async write(values: Record<string, string>): Promise<void> {
    const rows = Object.entries(values).map(([name, value]) => ({ name, value }));
    if (rows.length === 0) return;
    await this.#writes.single(() =>
      this.#database
        .insert(deployment)
        .values(rows)
        .onConflictDoUpdate({ target: deployment.name, set: { value: sql`excluded.value` } })
        .run(),
    );
  }

  replace(name: string, before: string | undefined, after: string): Promise<boolean> {
    return this.#writes.single(() => {
      const { changes } =
        before === undefined
          ? this.#database.insert(deployment).values({ name, value: after }).onConflictDoNothing().run()
          : this.#database
              .update(deployment)
              .set({ value: after })
              .where(and(eq(deployment.name, name), eq(deployment.value, before)))
              .run();
      return changes === 1;
    });
  }
}

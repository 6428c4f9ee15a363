import { eq, sql } from 'drizzle-orm';
import type { Plan, PlanStore } from '../../../core/ports/accounts/plan-store.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import { plans } from '../schema/index.ts';

export class SqlitePlanStore implements PlanStore {
  readonly #database: Connection['database'];
  readonly #writes: GroupCommit;
  readonly #find;

  constructor({ database }: Connection, writes: GroupCommit) {
    this.#database = database;
    this.#writes = writes;
    this.#find = database
      .select()
      .from(plans)
      .where(eq(plans.name, sql.placeholder('name')))
      .prepare();
  }

  find(name: string): Plan | undefined {
    return this.#find.get({ name });
  }

  async list(): Promise<Plan[]> {
    return this.#database.select().from(plans).orderBy(plans.name).all();
  }

  async set(plan: Plan): Promise<void> {
    await this.#writes.single((tx) => {
      tx.changed('plans', plan.name);
      this.#database.insert(plans).values(plan).onConflictDoUpdate({ target: plans.name, set: plan }).run();
    });
  }
}

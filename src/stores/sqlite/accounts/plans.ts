import { eq, sql } from 'drizzle-orm';
import type { Plan, PlanStore } from '../../../core/ports/plan-store.ts';
import type { FoundPlan } from '../caches.ts';
import type { Connection } from '../database/connection.ts';
import type { GroupCommit } from '../database/group-commit.ts';
import type { RowCache } from '../database/row-cache.ts';
import { plans } from '../schema/index.ts';

export class SqlitePlanStore implements PlanStore {
  readonly #database: Connection['database'];
  readonly #writes: GroupCommit;
  readonly #cache: RowCache<FoundPlan>;
  readonly #find;

  constructor({ database }: Connection, writes: GroupCommit, cache: RowCache<FoundPlan>) {
    this.#cache = cache;
    this.#database = database;
    this.#writes = writes;
    this.#find = database
      .select()
      .from(plans)
      .where(eq(plans.name, sql.placeholder('name')))
      .prepare();
  }

  async find(name: string): Promise<Plan | undefined> {
    const kept = this.#cache.get(name);
    if (kept) return kept.plan;
    const plan = this.#find.get({ name });
    this.#cache.keep(name, { plan });
    return plan;
  }

  async list(): Promise<Plan[]> {
    return this.#database.select().from(plans).orderBy(plans.name).all();
  }

  async set(plan: Plan): Promise<void> {
    await this.#writes.single(() => {
      this.#cache.forget(plan.name);
      this.#database.insert(plans).values(plan).onConflictDoUpdate({ target: plans.name, set: plan }).run();
    });
  }
}

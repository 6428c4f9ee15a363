import type { Plan, PlanStore } from '../../../core/ports/accounts/plan-store.ts';
import { prepared, unprepared } from '../database/sql.ts';
import type { Writes } from '../database/writes.ts';

export class PostgresPlanStore implements PlanStore {
  readonly #writes: Writes;

  constructor(writes: Writes) {
    this.#writes = writes;
  }

  async find(name: string): Promise<Plan | undefined> {
    const [plan] = await this.#writes.sql.read<Plan>(find, [name]);
    return plan;
  }

  list(): Promise<Plan[]> {
    return this.#writes.sql.read<Plan>(list);
  }

  async set({ name, maxStoredBytes, maxObjectBytes, maxObjects, lifetime }: Plan): Promise<void> {
    const values = [name, maxStoredBytes, maxObjectBytes, maxObjects, lifetime];
    await this.#writes.single(set, values, [{ table: 'plans', key: name }]);
  }
}

const columns = `name, max_stored_bytes AS "maxStoredBytes", max_object_bytes AS "maxObjectBytes",
  max_objects AS "maxObjects", lifetime`;
const find = prepared(`SELECT ${columns} FROM plans WHERE name = $1`);
const list = unprepared(`SELECT ${columns} FROM plans ORDER BY plans.name`);
const set = unprepared(
  `INSERT INTO plans (name, max_stored_bytes, max_object_bytes, max_objects, lifetime)
   VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (name) DO UPDATE SET max_stored_bytes = excluded.max_stored_bytes,
     max_object_bytes = excluded.max_object_bytes, max_objects = excluded.max_objects,
     lifetime = excluded.lifetime`,
);

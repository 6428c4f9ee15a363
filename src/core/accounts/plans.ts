import { invalid } from '../failure.ts';
import type { Plan, PlanStore } from '../ports/accounts/plan-store.ts';
import { andThen, type MaybePromise } from '../ports/maybe-promise.ts';

const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;
const day = 86_400_000;

/**
 * The default plans (docs/contract/shared.md, "Accounts, keys and plans"). The operator may change them.
 */
const builtIn: Plan[] = [
  {
    name: 'guest',
    maxStoredBytes: gibibyte,
    maxObjectBytes: 100 * mebibyte,
    maxObjects: 1000,
    lifetime: 30 * day,
  },
  {
    name: 'free',
    maxStoredBytes: 10 * gibibyte,
    maxObjectBytes: 100 * mebibyte,
    maxObjects: 10_000,
    lifetime: null,
  },
  { name: 'unlimited', maxStoredBytes: null, maxObjectBytes: null, maxObjects: null, lifetime: null },
];

/** Plans, which limit what an account may store. */
export class Plans {
  readonly #store: PlanStore;

  constructor(store: PlanStore) {
    this.#store = store;
  }

  /** @throws Failure `invalid` if there is no plan of this name */
  find(name: string): MaybePromise<Plan> {
    return andThen(
      this.#store.find(name),
      (set) => set ?? builtIn.find((plan) => plan.name === name) ?? this.#refuse(name),
    );
  }

  async #refuse(name: string): Promise<never> {
    const names = (await this.list()).map((each) => each.name).join(', ');
    throw invalid('plan', `${JSON.stringify(name)} does not exist: there are ${names}`);
  }

  /** All plans, the built-in ones first. */
  async list(): Promise<Plan[]> {
    const set = new Map((await this.#store.list()).map((plan) => [plan.name, plan]));
    const own = builtIn.map((plan) => set.get(plan.name) ?? plan);
    return [...own, ...[...set.values()].filter(({ name }) => !own.some((plan) => plan.name === name))];
  }

  /**
   * Adds or changes a plan. Limits that are not given keep their value; in a new plan they are unlimited. The expiry
   * of existing accounts does not change.
   *
   * @throws Failure `invalid`
   */
  async set(name: string, limits: Partial<Omit<Plan, 'name'>>): Promise<Plan> {
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name))
      throw invalid('plan', 'must be a name of 1 to 32 lowercase letters, digits and hyphens');
    const unlimited = { maxStoredBytes: null, maxObjectBytes: null, maxObjects: null, lifetime: null };
    const before = (await this.list()).find((plan) => plan.name === name) ?? unlimited;
    const plan = { ...before, ...limits, name };
    await this.#store.set(plan);
    return plan;
  }
}

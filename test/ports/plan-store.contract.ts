import { beforeEach, describe, expect, test } from 'bun:test';
import { isDeepStrictEqual } from 'node:util';
import type { Plan, PlanStore } from '../../src/core/ports/accounts/plan-store.ts';
import { waitFor } from '../support/wait-for.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { race } from './race.ts';

type Stores = { plans: PlanStore };

/** The contract of every plan store (`src/core/ports/accounts/plan-store.ts`). */
export function planStoreContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let openAgain: () => Promise<Stores>;
    let plans: PlanStore;
    beforeEach(async () => {
      ({ stores, openAgain } = await openStores());
      ({ plans } = stores);
    });

    const pro: Plan = {
      name: 'pro',
      maxStoredBytes: 5 * 1024 ** 4,
      maxObjectBytes: 0,
      maxObjects: 1,
      lifetime: 86_400_000,
    };
    const endless: Plan = {
      name: 'endless',
      maxStoredBytes: null,
      maxObjectBytes: null,
      maxObjects: null,
      lifetime: null,
    };

    test('a new database has no plans: the core has the built-in ones', async () => {
      expect(await plans.list()).toEqual([]);
      expect(await plans.find('guest')).toBeUndefined();
    });

    test('a plan is found as set, and no limit differs from a limit of zero', async () => {
      await plans.set(pro);
      await plans.set(endless);
      expect(await plans.find('pro')).toEqual(pro);
      expect(await plans.find('endless')).toEqual(endless);
      expect(await plans.list()).toEqual([endless, pro]);
    });

    test('setting a plan again replaces it as a whole, and others stay', async () => {
      await plans.set(pro);
      await plans.set(endless);
      await plans.set({ ...endless, name: 'pro' });
      expect(await plans.list()).toEqual([endless, { ...endless, name: 'pro' }]);
    });

    test('limits are exact far beyond 32 bits', async () => {
      const large: Plan = {
        ...pro,
        maxStoredBytes: 2 ** 52 + 1,
        maxObjectBytes: 2 ** 40,
        maxObjects: 2 ** 33,
      };
      await plans.set(large);
      expect(await plans.find('pro')).toEqual(large);
    });

    test('plans are listed by name', async () => {
      for (const name of ['b', 'a', 'c', 'a b']) await plans.set({ ...pro, name });
      expect((await plans.list()).map(({ name: listed }) => listed)).toEqual(['a', 'a b', 'b', 'c']);
    });

    test('another process lists a change once it is acknowledged, and finds it soon after', async () => {
      const other = (await openAgain()).plans;
      expect(await other.find('pro')).toBeUndefined();
      for (const plan of [pro, { ...pro, maxObjects: 2 }]) {
        await plans.set(plan);
        expect(await plans.find('pro')).toEqual(plan);
        // Plans may be cached for a while in other processes; lists are not.
        expect(await other.list()).toEqual([plan]);
        await waitFor('the plan in the other process', async () =>
          isDeepStrictEqual(await other.find('pro'), plan),
        );
      }
    });

    test('of 16 concurrent calls that set a plan one is stored as a whole', async () => {
      const connections = [stores, await openAgain()];
      const planOf = (n: number): Plan => ({ ...pro, maxStoredBytes: n, maxObjectBytes: n, maxObjects: n });
      const seen = await race(connections, async (each, caller) => {
        await each.plans.set(planOf(caller));
        return each.plans.find('pro');
      });
      for (const plan of seen) expect(plan).toEqual(planOf(plan?.maxObjects ?? -1));
      const [last, ...others] = await plans.list();
      expect([last, others]).toEqual([planOf(last?.maxObjects ?? -1), []]);
      for (const each of connections)
        await waitFor('the last plan in each process', async () =>
          isDeepStrictEqual(await each.plans.find('pro'), last),
        );
    });

    test('different plans that 16 callers set concurrently are all stored', async () => {
      const connections = [stores, await openAgain()];
      await race(connections, (each, caller) => each.plans.set({ ...pro, name: `plan ${caller}` }));
      for (const each of connections) expect(await each.plans.list()).toHaveLength(16);
    });
  });
}

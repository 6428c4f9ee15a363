import { beforeEach, describe, expect, test } from 'bun:test';
import type { Plan, PlanStore } from '../../../src/core/ports/plan-store.ts';

/** What every plan store promises (`src/core/ports/plan-store.ts`). */
export function planStoreContract(name: string, open: () => { plans: PlanStore }): void {
  describe(name, () => {
    let plans: PlanStore;
    beforeEach(() => {
      ({ plans } = open());
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

    test('no plan is set before one is: the built-in ones are the core’s', async () => {
      expect(await plans.list()).toEqual([]);
      expect(await plans.find('guest')).toBeUndefined();
    });

    test('a plan is found as it was set, limits of none and of nothing told apart', async () => {
      await plans.set(pro);
      await plans.set(endless);
      expect(await plans.find('pro')).toEqual(pro);
      expect(await plans.find('endless')).toEqual(endless);
      expect(await plans.list()).toEqual([endless, pro]);
    });

    test('a plan that is set again is changed as a whole, and others stay', async () => {
      await plans.set(pro);
      await plans.set(endless);
      await plans.set({ ...endless, name: 'pro' });
      expect(await plans.list()).toEqual([endless, { ...endless, name: 'pro' }]);
    });
  });
}

import { beforeEach, describe, expect, test } from 'bun:test';
import { failureOf } from './failure-of.ts';
import { type FileCore, openFileCore } from './file-core.ts';

const [mebibyte, gibibyte, day] = [1024 ** 2, 1024 ** 3, 86_400_000];

let core: FileCore;
beforeEach(async () => {
  core = await openFileCore();
});

/** The plans of docs/contract/shared.md, "Accounts, keys and plans", and one for the operator's own accounts. */
const guest = {
  ...{ name: 'guest', maxStoredBytes: gibibyte, maxObjectBytes: 100 * mebibyte },
  ...{ maxObjects: 1000, lifetime: 30 * day },
};
const free = { ...guest, name: 'free', maxStoredBytes: 10 * gibibyte, maxObjects: 10_000, lifetime: null };
const unlimited = {
  ...{ name: 'unlimited', maxStoredBytes: null, maxObjectBytes: null, maxObjects: null, lifetime: null },
};

describe('plans', () => {
  test('are those of docs/contract/shared.md, "Accounts, keys and plans", before the operator sets any', async () => {
    expect(await core.plans.list()).toEqual([guest, free, unlimited]);
    expect(await core.plans.find('free')).toEqual(free);
  });

  test('are found by their exact names', async () => {
    for (const name of ['', 'Free', 'gold', 'constructor'])
      expect(await failureOf(() => core.plans.find(name))).toMatchObject({ code: 'invalid', field: 'plan' });
  });

  test('are changed in the given limits, and keep the others', async () => {
    expect(await core.plans.set('guest', { maxObjects: 5 })).toEqual({ ...guest, maxObjects: 5 });
    await core.plans.set('guest', { lifetime: null, maxStoredBytes: 0 });
    const changed = { ...guest, maxObjects: 5, lifetime: null, maxStoredBytes: 0 };
    expect(await core.plans.find('guest')).toEqual(changed);
    expect(await core.plans.list()).toEqual([changed, free, unlimited]);
  });

  test('that are new have only the given limits, and come after the built-in ones', async () => {
    const pro = { ...unlimited, name: 'a-pro', maxObjects: 7 };
    expect(await core.plans.set('a-pro', { maxObjects: 7 })).toEqual(pro);
    expect(await core.plans.list()).toEqual([guest, free, unlimited, pro]);
  });

  test.each(['', 'Pro', '1st', 'a b', 'a_b', '-a', 'ä', 'x'.repeat(33)])(
    'cannot be named %j',
    async (name) => {
      expect(await failureOf(() => core.plans.set(name, {}))).toMatchObject({
        code: 'invalid',
        field: 'plan',
      });
      expect(await core.plans.list()).toHaveLength(3);
    },
  );

  test('that change apply to existing accounts, whose expiry stays', async () => {
    const account = await core.guest();
    await core.plans.set('guest', { maxObjectBytes: 10, lifetime: 1 });
    expect((await failureOf(() => core.reserve(account, { size: 11 }))).code).toBe('too_large');
    expect((await core.reserve(account, { size: 10 })).upload.declaredSize).toBe(10);
    expect((await core.stores.accounts.find(account.id))?.expiresAt).toBe(core.time.now + 30 * day);
  });
});

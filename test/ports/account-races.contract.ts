import { beforeEach, describe, expect, test } from 'bun:test';
import { Failure } from '../../src/core/failure.ts';
import { hashSecret, newHashId } from '../../src/core/ids.ts';
import type { AccountStore } from '../../src/core/ports/account-store.ts';
import type { BanStore } from '../../src/core/ports/ban-store.ts';
import type { FileRoute, FileRouteStore } from '../../src/core/ports/file-route-store.ts';
import type { StoredWebhook, SubscriptionStore } from '../../src/core/ports/subscription-store.ts';
import { someAccount, someKey } from '../stores/some-object.ts';
import { callers, closedAfterSuite, type Open, race, sweepAtOnce } from './opened.ts';

type Stores = {
  accounts: AccountStore;
  bans: BanStore;
  fileRoutes: FileRouteStore;
  subscriptions: SubscriptionStore;
};

const now = Date.UTC(2025, 2, 1);

/** Lets so many in, and refuses the others. */
const upTo = (limit: number) => (held: number) => {
  if (held >= limit) throw new Failure('objects_exceeded', 'no more of these');
};

/** Whether a call was done, or was refused by `upTo`. */
async function isDone(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === 'objects_exceeded') return false;
    throw error;
  }
}

/** What holds of accounts, and of what belongs to them, when 16 callers of several processes write at once. */
export function accountRacesContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let openAgain: () => Promise<Stores>;
    let processes: Stores[];
    beforeEach(async () => {
      ({ stores, openAgain } = await openStores());
      processes = [stores, await openAgain()];
    });

    async function newAccount(given: Parameters<typeof someAccount>[0] = {}) {
      const account = someAccount(given);
      expect(await stores.accounts.insert(account)).toBe(true);
      return account;
    }

    test('of 16 accounts of one name one is made, with its key', async () => {
      const accounts = Array.from({ length: callers }, () => someAccount({ name: 'acme' }));
      const keys = accounts.map(({ id }) => someKey(id));
      const made = await race(processes, (each, caller) =>
        each.accounts.insert(accounts[caller] ?? someAccount(), keys[caller]),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      const winner = made.indexOf(true);
      expect((await stores.accounts.findByName('acme'))?.id).toBe(accounts[winner]?.id ?? '');
      expect((await stores.accounts.listKeys()).map(({ id }) => id)).toEqual([keys[winner]?.id ?? '']);
    });

    test('an account gets as many keys as it may have', async () => {
      const { id } = await newAccount({ name: 'acme' });
      const done = await race(processes, (each) => isDone(each.accounts.insertKey(someKey(id), upTo(5))));
      expect(done.filter(Boolean)).toHaveLength(5);
      expect(await stores.accounts.listKeys(id)).toHaveLength(5);
    });

    test('of 16 keys that are revoked at once the last one stays, where it must', async () => {
      const { id } = await newAccount({ name: 'acme' });
      const keys = Array.from({ length: callers }, () => someKey(id));
      for (const key of keys) await stores.accounts.insertKey(key);
      const keepOne = (_: unknown, held: number) => {
        if (held <= 1) throw new Failure('objects_exceeded', 'the last one stays');
      };
      const done = await race(processes, (each, caller) =>
        isDone(each.accounts.revokeKey(keys[caller]?.id ?? '', now, keepOne)),
      );
      expect(done.filter(Boolean)).toHaveLength(callers - 1);
      expect((await stores.accounts.listKeys(id)).map((key) => key.id)).toEqual([
        keys[done.indexOf(false)]?.id ?? '',
      ]);
    });

    test('a key that 16 callers revoke at once is revoked once', async () => {
      const { id } = await newAccount();
      const key = someKey(id);
      await stores.accounts.insertKey(key);
      const revoked = await race(processes, (each) => each.accounts.revokeKey(key.id, now));
      expect(revoked.filter(Boolean)).toHaveLength(1);
    });

    test('a claim that 16 callers make at once is one caller’s', async () => {
      const claimHash = hashSecret('claim');
      const { id } = await newAccount({ claimHash });
      const won = await race(processes, (each, caller) => {
        const owner = { email: `${caller}@example.com`, plan: `plan ${caller}`, expiresAt: null };
        return each.accounts.claim(claimHash, owner, now);
      });
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await stores.accounts.findClaimable(claimHash)).toBeUndefined();
      const { accounts } = await openAgain();
      expect((await accounts.find(id))?.plan).toBe(`plan ${won.indexOf(true)}`);
    });

    test('16 sweeps at once remove expired accounts once', async () => {
      for (let n = 0; n < 20; n += 1) await newAccount({ expiresAt: now });
      expect(await sweepAtOnce(processes, ({ accounts }) => accounts.removeExpired(now, 3))).toBe(20);
    });

    test('an account gets as many webhooks as it may have', async () => {
      const { id: accountId } = await newAccount();
      const webhookOf = (): StoredWebhook => ({
        id: `wh_${newHashId()}`,
        accountId,
        url: 'https://example.com/hook',
        events: ['object.created'],
        active: true,
        createdAt: now,
      });
      const done = await race(processes, (each) => isDone(each.subscriptions.insert(webhookOf(), upTo(5))));
      expect(done.filter(Boolean)).toHaveLength(5);
      const [first, ...others] = await stores.subscriptions.list(accountId, undefined, 100);
      expect(others).toHaveLength(4);
      const removed = await race(processes, (each) => each.subscriptions.remove(accountId, first?.id ?? ''));
      expect(removed.filter(Boolean)).toHaveLength(1);
    });

    test('of 16 routes of one slug one is made, and is removed once', async () => {
      const { id: accountId } = await newAccount({ name: 'acme' });
      const routeOf = (maxSize: number): FileRoute => {
        return { accountId, slug: 'images', maxSize, types: [], webhook: null, createdAt: now };
      };
      const made = await race(processes, (each, caller) => each.fileRoutes.insert(routeOf(caller)));
      expect(made.filter(Boolean)).toHaveLength(1);
      expect((await stores.fileRoutes.list()).map(({ maxSize }) => maxSize)).toEqual([made.indexOf(true)]);
      const removed = await race(processes, (each) => each.fileRoutes.remove(accountId, 'images'));
      expect(removed.filter(Boolean)).toHaveLength(1);
    });

    test('an address that 16 callers ban at once is banned once, and its ban ends once', async () => {
      await race(processes, (each, caller) => each.bans.add('203.0.113.7', now + caller));
      for (const each of processes) expect(await each.bans.list()).toEqual(['203.0.113.7']);
      const removed = await race(processes, (each) => each.bans.remove('203.0.113.7'));
      expect(removed.filter(Boolean)).toHaveLength(1);
    });
  });
}

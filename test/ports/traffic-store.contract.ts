import { beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { AccountStore, NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { Traffic, TrafficStore } from '../../src/core/ports/accounts/traffic-store.ts';
import { type Connections, closedAfterSuite, connect, type Open } from './opened.ts';
import { callers, race } from './race.ts';
import { someAccount } from './some-object.ts';

type Stores = { accounts: AccountStore; traffic: TrafficStore };

const now = Date.UTC(2025, 2, 1);
const [march, april] = ['2025-03', '2025-04'];
const none: Traffic = { requests: 0, bytesIn: 0, bytesOut: 0 };

/** The contract of every store of traffic (`src/core/ports/accounts/traffic-store.ts`). */
export function trafficStoreContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let accounts: AccountStore;
    let traffic: TrafficStore;
    let connections: Connections<Stores>;
    let one: NewAccount;
    let two: NewAccount;
    beforeAll(async () => {
      connections = await connect(openStores, 2);
      const [stores] = connections;
      ({ accounts, traffic } = stores);
    });
    beforeEach(async () => {
      [one, two] = [someAccount(), someAccount()];
      for (const account of [one, two]) expect(await accounts.insert(account)).toBe('inserted');
    });

    const of = (accountId: string, period: string, given: Partial<Traffic> = {}) => ({
      ...none,
      accountId,
      period,
      ...given,
    });

    test('an account without traffic, an unknown account and an empty period have zeroes', async () => {
      await traffic.add([of(one.id, march, { requests: 1 })]);
      expect(await traffic.find(one.id, april)).toEqual(none);
      expect(await traffic.find(two.id, march)).toEqual(none);
      expect(await traffic.find('unknown', march)).toEqual(none);
      expect(await traffic.find(one.id, '')).toEqual(none);
    });

    test('added traffic adds up', async () => {
      await traffic.add([of(one.id, march, { requests: 2, bytesIn: 30, bytesOut: 400 })]);
      expect(await traffic.find(one.id, march)).toEqual({ requests: 2, bytesIn: 30, bytesOut: 400 });
      await traffic.add([of(one.id, march, { requests: 1 })]);
      await traffic.add([of(one.id, march, { bytesIn: 5, bytesOut: 6 })]);
      expect(await traffic.find(one.id, march)).toEqual({ requests: 3, bytesIn: 35, bytesOut: 406 });
    });

    test('accounts and periods are counted separately, also in one call', async () => {
      await traffic.add([
        of(one.id, march, { requests: 1 }),
        of(one.id, april, { requests: 2 }),
        of(two.id, march, { requests: 3 }),
      ]);
      await traffic.add([of(two.id, march, { requests: 10 }), of(two.id, april, { requests: 20 })]);
      const requests = async (id: string, period: string) => (await traffic.find(id, period)).requests;
      expect([await requests(one.id, march), await requests(one.id, april)]).toEqual([1, 2]);
      expect([await requests(two.id, march), await requests(two.id, april)]).toEqual([13, 20]);
    });

    test('entries of one call for the same account and period are added up', async () => {
      const entry = of(one.id, march, { requests: 1, bytesIn: 2, bytesOut: 3 });
      await traffic.add([entry, of(two.id, march, { requests: 7 }), entry, entry]);
      expect(await traffic.find(one.id, march)).toEqual({ requests: 3, bytesIn: 6, bytesOut: 9 });
      expect((await traffic.find(two.id, march)).requests).toBe(7);
    });

    test('an empty call changes nothing', async () => {
      await traffic.add([]);
      expect(await traffic.find(one.id, march)).toEqual(none);
    });

    test('sums are exact far beyond 32 bits', async () => {
      const pebibyte = 1024 ** 5;
      await traffic.add([
        of(one.id, march, { requests: 2 ** 40, bytesIn: pebibyte, bytesOut: 7 * pebibyte }),
      ]);
      await traffic.add([of(one.id, march, { requests: 1, bytesIn: 1, bytesOut: 1 })]);
      expect(await traffic.find(one.id, march)).toEqual({
        requests: 2 ** 40 + 1,
        bytesIn: pebibyte + 1,
        bytesOut: 7 * pebibyte + 1,
      });
    });

    test('traffic of a removed account is skipped, and the rest of the call is added', async () => {
      await traffic.add([
        of(one.id, march, { requests: 1 }),
        of('gone', march, { requests: 5 }),
        of(two.id, march, { requests: 2 }),
      ]);
      expect((await traffic.find(one.id, march)).requests).toBe(1);
      expect((await traffic.find(two.id, march)).requests).toBe(2);
      expect(await traffic.find('gone', march)).toEqual(none);
    });

    test('traffic does not keep an expired account, and is removed with it', async () => {
      const ending = someAccount({ expiresAt: now });
      await accounts.insert(ending);
      await traffic.add([of(ending.id, march, { requests: 1 }), of(ending.id, april, { requests: 1 })]);
      expect(await accounts.expire(now, 10)).toEqual({ removed: 1, isDone: true });
      await traffic.add([of(ending.id, march, { requests: 1 })]);
      for (const period of [march, april]) expect(await traffic.find(ending.id, period)).toEqual(none);
    });

    test('the additions of 16 concurrent callers add up', async () => {
      await race(connections, (stores, caller) =>
        stores.traffic.add([
          of(one.id, march, { requests: 1, bytesIn: caller, bytesOut: 1000 }),
          of(two.id, march, { requests: 1 }),
          of(one.id, april, { requests: 2 }),
        ]),
      );
      for (const stores of connections) {
        expect(await stores.traffic.find(one.id, march)).toEqual({
          requests: callers,
          bytesIn: (callers * (callers - 1)) / 2,
          bytesOut: callers * 1000,
        });
        expect((await stores.traffic.find(two.id, march)).requests).toBe(callers);
        expect((await stores.traffic.find(one.id, april)).requests).toBe(2 * callers);
      }
    });

    test('calls with the same accounts in opposite orders do not deadlock', async () => {
      const entries = [of(one.id, march, { requests: 1 }), of(two.id, march, { requests: 1 })];
      for (let round = 0; round < 5; round += 1)
        await race(connections, (stores, caller) =>
          stores.traffic.add(caller % 4 < 2 ? entries : entries.toReversed()),
        );
      for (const { id } of [one, two]) expect((await traffic.find(id, march)).requests).toBe(5 * callers);
    });

    test('no call fails if accounts are removed while 16 callers add to them', async () => {
      const ending = someAccount({ expiresAt: now });
      await accounts.insert(ending);
      await race(connections, async (stores, caller) => {
        if (caller === 7) await stores.accounts.expire(now, 10);
        else
          await stores.traffic.add([
            of(ending.id, march, { requests: 1 }),
            of(one.id, march, { requests: 1 }),
          ]);
      });
      // A sweep may leave an account whose row is locked to the next one.
      await accounts.expire(now, 10);
      expect(await traffic.find(ending.id, march)).toEqual(none);
      expect((await traffic.find(one.id, march)).requests).toBe(callers - 1);
    });
  });
}

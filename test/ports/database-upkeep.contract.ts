import { beforeEach, describe, expect, test } from 'bun:test';
import type { DatabaseUpkeep } from '../../src/core/ports/database-upkeep.ts';
import type { PayloadStore } from '../../src/core/ports/payload-store.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { race } from './race.ts';
import { somePayload } from './some-payload.ts';

type Stores = { payloads: PayloadStore; upkeep: DatabaseUpkeep };

const now = Date.UTC(2025, 2, 1);
/** More steps than any database of these tests needs. */
const maxSteps = 1000;

/**
 * The contract of every upkeep of a database (`src/core/ports/database-upkeep.ts`): it ends, can be repeated, and loses
 * nothing. Returned disk space and erased content are subjects of an implementation's own tests.
 */
export function databaseUpkeepContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let openAgain: () => Promise<Stores>;
    beforeEach(async () => {
      ({ stores, openAgain } = await openStores());
    });

    async function insert(count: number, expiresAt: number, of = stores): Promise<string[]> {
      const content = { kind: 'inline', data: new Uint8Array(40_000) } as const;
      const rows = Array.from({ length: count }, () => somePayload({ content, size: 40_000, expiresAt }));
      await Promise.all(rows.map((row) => of.payloads.insert(row)));
      return rows.map(({ id }) => id);
    }

    async function maintainToTheEnd(of = stores): Promise<void> {
      for (let step = 0; step < maxSteps; step += 1) if ((await of.upkeep.maintain()) === 'done') return;
      throw new Error(`maintain still asks for more after ${maxSteps} steps`);
    }

    async function requireAll(ids: string[], of = stores): Promise<void> {
      for (const id of ids) expect((await of.payloads.find(id))?.size).toBe(40_000);
    }

    test('a new database needs no upkeep', async () => {
      expect(await stores.upkeep.maintain()).toBe('done');
    });

    test('a database without removed rows needs no upkeep', async () => {
      const ids = await insert(20, now + 1);
      expect(await stores.upkeep.maintain()).toBe('done');
      await requireAll(ids);
    });

    test('upkeep ends, and then has nothing more to do', async () => {
      const kept = await insert(5, now + 1);
      await insert(50, now);
      expect(await stores.payloads.expire(now, 1000)).toEqual({ removed: 50, isDone: true });
      await maintainToTheEnd();
      expect(await stores.upkeep.maintain()).toBe('done');
      await requireAll(kept);
    });

    test('a database takes new content after its upkeep', async () => {
      await insert(50, now);
      await stores.payloads.expire(now, 1000);
      await maintainToTheEnd();
      const ids = await insert(20, now + 1);
      await requireAll(ids);
    });

    test('makeRoom and keepRoom can be called in any order and repeatedly, and writes succeed', async () => {
      const { upkeep } = stores;
      const steps = [upkeep.makeRoom, upkeep.keepRoom, upkeep.keepRoom, upkeep.makeRoom, upkeep.makeRoom];
      for (const step of steps) {
        await step.call(upkeep);
        await requireAll(await insert(1, now + 1));
      }
      await upkeep.keepRoom();
    });

    test('upkeep loses no acknowledged write, also of another process', async () => {
      const ids = await insert(10, now + 1);
      const [removed = '', ...kept] = ids;
      await stores.payloads.remove(removed, now);
      await maintainToTheEnd();
      await maintainToTheEnd();
      await requireAll(kept);
      const other = await openAgain();
      await requireAll(kept, other);
      expect(await other.payloads.find(removed)).toBeUndefined();
    });

    test('16 callers can run all of it concurrently with reads and writes', async () => {
      const connections = [stores, await openAgain()];
      await insert(50, now);
      const kept = await race(connections, async (each, caller) => {
        const ids = await insert(2, now + 1, each);
        await each.payloads.expire(now, 10);
        if (caller % 3 === 0) await maintainToTheEnd(each);
        if (caller % 3 === 1) await each.upkeep.makeRoom();
        if (caller % 3 === 2) await each.upkeep.keepRoom();
        await requireAll(ids, each);
        return ids;
      });
      for (const each of connections) await requireAll(kept.flat(), each);
    });
  });
}

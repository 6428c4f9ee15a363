import { beforeEach, describe, expect, test } from 'bun:test';
import type { BanStore } from '../../src/core/ports/accounts/ban-store.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { race } from './race.ts';

type BanStoreUnderTest = { bans: BanStore };

const now = Date.UTC(2025, 2, 1);

/** The contract of every store of bans (`src/core/ports/accounts/ban-store.ts`). */
export function banStoreContract(name: string, open: Open<BanStoreUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let bans: BanStore;
    let openAgain: () => Promise<BanStoreUnderTest>;
    beforeEach(async () => {
      const opened = await openStores();
      ({ openAgain } = opened);
      ({ bans } = opened.stores);
    });

    test('there are none at first', async () => {
      expect(await bans.list()).toEqual([]);
    });

    test('bans are listed as they were added, the oldest first', async () => {
      await bans.add('203.0.113.7', now + 1);
      await bans.add('2001:db8::/32', now);
      await bans.add('10.0.0.0/8', now + 2);
      expect(await bans.list()).toEqual(['2001:db8::/32', '203.0.113.7', '10.0.0.0/8']);
    });

    test('a ban that 16 callers add at once is listed once, and one of 16 removes it', async () => {
      const connections = [{ bans }, await openAgain()];
      await race(connections, (stores, caller) => stores.bans.add('203.0.113.7', now + caller));
      expect(await bans.list()).toEqual(['203.0.113.7']);
      const removed = await race(connections, (stores) => stores.bans.remove('203.0.113.7'));
      expect(removed.filter(Boolean)).toHaveLength(1);
      expect(await bans.list()).toEqual([]);
    });

    test('removing a ban returns whether it existed', async () => {
      await bans.add('203.0.113.7', now);
      await bans.add('203.0.113.8', now);
      expect(await bans.remove('203.0.113.7')).toBe(true);
      expect(await bans.remove('203.0.113.7')).toBe(false);
      expect(await bans.remove('203.0.113')).toBe(false);
      expect(await bans.list()).toEqual(['203.0.113.8']);
    });

    test('text with special characters is stored as it is', async () => {
      const text = "'; DROP TABLE banned_addresses; -- %_";
      await bans.add(text, now);
      await bans.add('203.0.113.7', now + 1);
      expect(await bans.list()).toEqual([text, '203.0.113.7']);
      expect(await bans.remove('%')).toBe(false);
    });

    test('another process sees a ban and its removal once they are acknowledged', async () => {
      const other = (await openAgain()).bans;
      await bans.add('203.0.113.7', now);
      expect(await other.list()).toEqual(['203.0.113.7']);
      await bans.remove('203.0.113.7');
      expect(await other.list()).toEqual([]);
    });
  });
}

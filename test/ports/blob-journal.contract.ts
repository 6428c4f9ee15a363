import { beforeEach, describe, expect, test } from 'bun:test';
import type { BlobJournal } from '../../src/core/ports/content/blob-journal.ts';
import { leaseTime } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';

const now = Date.UTC(2025, 2, 1);
const later = now + leaseTime;

/** The contract of every blob journal (`src/core/ports/content/blob-journal.ts`). */
export function blobJournalContract(name: string, open: Open<{ journal: BlobJournal }>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let journal: BlobJournal;
    beforeEach(async () => {
      ({ journal } = (await openStores()).stores);
    });

    const claimTime = 60_000;
    const keysDue = async (at: number, limit = 100) =>
      (await journal.claimDue(at, claimTime, limit)).map(({ key }) => key);

    test('a key that clients can still write after its removal is due again', async () => {
      await journal.reserve('key', now, 1000, 5000);
      expect(await keysDue(now + 1000)).toEqual(['key']);
      await journal.forget([{ key: 'key', attempts: 1 }], now + 2000);
      expect(await keysDue(now + 4999)).toEqual([]);
      expect(await keysDue(now + 5000)).toEqual(['key']);
      await journal.forget([{ key: 'key', attempts: 2 }], now + 5000);
      expect(await journal.count()).toBe(0);
    });

    test('a reserved key is not due before its lease ends', async () => {
      await journal.reserve('key', now, leaseTime);
      expect(await keysDue(later - 1)).toEqual([]);
      expect(await keysDue(later)).toEqual(['key']);
    });

    test('a key can be reserved once', async () => {
      await journal.reserve('key', now, leaseTime);
      await expect(journal.reserve('key', now, leaseTime)).rejects.toThrow();
    });

    test('of concurrent reservations of one key one succeeds, and other keys are reserved', async () => {
      const keys = ['same', 'a', 'same', 'b', 'same'];
      const reserved = await Promise.allSettled(keys.map((key) => journal.reserve(key, now, leaseTime)));
      const succeeded = keys.filter((_, index) => reserved[index]?.status === 'fulfilled');
      expect(succeeded.toSorted()).toEqual(['a', 'b', 'same']);
      expect(await journal.count()).toBe(3);
    });

    test('of concurrent renewals those of claimed or unknown keys fail', async () => {
      for (const key of ['a', 'b']) await journal.reserve(key, now, leaseTime);
      await journal.discard('removed', now);
      const keys = ['a', 'unknown', 'removed', 'b'];
      const renewed = await Promise.all(keys.map((key) => journal.renew(key, now, 2 * leaseTime)));
      expect(renewed).toEqual([true, false, false, true]);
    });

    test('a renewed lease lasts longer', async () => {
      await journal.reserve('key', now, leaseTime);
      expect(await journal.renew('key', later, 1000)).toBe(true);
      expect(await keysDue(later)).toEqual([]);
      expect(await keysDue(later + 1000)).toEqual(['key']);
    });

    test('the lease of a claimed or unknown key cannot be renewed', async () => {
      await journal.reserve('key', now, 0);
      await keysDue(now);
      expect(await journal.renew('key', now, leaseTime)).toBe(false);
      expect(await journal.renew('unknown', now, leaseTime)).toBe(false);
    });

    test('an ended lease can be renewed until the key is claimed', async () => {
      await journal.reserve('key', now, 0);
      expect(await journal.renew('key', now, leaseTime)).toBe(true);
      expect(await keysDue(now)).toEqual([]);
    });

    test('a discarded key is due at once, with or without an earlier entry', async () => {
      await journal.reserve('reserved', now, leaseTime);
      await journal.discard('reserved', now);
      await journal.discard('new', now);
      expect((await keysDue(now)).toSorted()).toEqual(['new', 'reserved']);
      expect(await journal.renew('reserved', now, leaseTime)).toBe(false);
    });

    test('a claim is exclusive until it ends', async () => {
      for (const key of ['a', 'b', 'c']) await journal.discard(key, now);
      const claims = await Promise.all(Array.from({ length: 10 }, () => keysDue(now)));
      expect(claims.flat().toSorted()).toEqual(['a', 'b', 'c']);
      expect(await keysDue(now + 59_999)).toEqual([]);
      expect((await keysDue(now + 60_000)).toSorted()).toEqual(['a', 'b', 'c']);
    });

    test('a claim takes up to a limit, the longest due first', async () => {
      for (const [key, ago] of [
        ['b', 20],
        ['c', 10],
        ['a', 30],
      ] as const)
        await journal.discard(key, now - ago);
      expect((await keysDue(now, 2)).toSorted()).toEqual(['a', 'b']);
      expect(await keysDue(now, 2)).toEqual(['c']);
    });

    test('a claim counts the tries', async () => {
      await journal.discard('key', now);
      for (let tries = 1; tries <= 3; tries += 1) {
        expect(await journal.claimDue(now, leaseTime, 1)).toEqual([
          { key: 'key', attempts: tries, directUploadId: null },
        ]);
        await journal.postpone({ key: 'key', attempts: tries }, now, 0);
      }
    });

    test('a postponed key is due at the new time', async () => {
      await journal.discard('key', now);
      await keysDue(now);
      await journal.postpone({ key: 'key', attempts: 1 }, now, 5000);
      expect(await keysDue(now + 4999)).toEqual([]);
      expect(await keysDue(now + 5000)).toEqual(['key']);
    });

    test('many keys, also unknown ones, can be forgotten at once', async () => {
      const keys = Array.from({ length: 40 }, (_, n) => `key ${n}`);
      await Promise.all(keys.map((key) => journal.discard(key, now)));
      const claimed = await journal.claimDue(now, claimTime, 100);
      await journal.forget([], now);
      expect(await journal.count()).toBe(40);
      const unknown = { key: 'never was', attempts: 1 };
      await journal.forget([...claimed.filter(({ key }) => key !== 'key 0'), unknown], now);
      expect(await journal.count()).toBe(1);
      expect(await keysDue(now + claimTime)).toEqual(['key 0']);
    });

    test('leases of writers that ended too recently are not claimed, other due records are', async () => {
      await journal.reserve('earlier', now, 0);
      await journal.reserve('later', now + 1, 0);
      await journal.discard('removal', now + 1);
      const keys = async (leasesEndedBy: number) =>
        (await journal.claimDue(now + 1, claimTime, 100, leasesEndedBy)).map(({ key }) => key).toSorted();
      expect(await keys(now)).toEqual(['earlier', 'removal']);
      expect(await keys(now)).toEqual([]);
      expect(await keys(now + 1)).toEqual(['later']);
    });

    describe('a claimer whose lease was lost to another one', () => {
      const again = now + claimTime;

      /** Claims a record twice. @returns The late claim and the current one. */
      async function claimTwice() {
        const [late] = await journal.claimDue(now, claimTime, 1);
        const [current] = await journal.claimDue(again, claimTime, 1);
        if (!late || !current) throw new Error('there was nothing to claim');
        return { late, current };
      }

      test('cannot forget the record', async () => {
        await journal.discard('key', now);
        const { late, current } = await claimTwice();
        await journal.forget([late], again);
        expect(await journal.count()).toBe(1);
        await journal.forget([current], again);
        expect(await journal.count()).toBe(0);
      });

      test('cannot make the record due', async () => {
        await journal.discard('key', now);
        const { late, current } = await claimTwice();
        await journal.postpone(late, again, 0);
        expect(await keysDue(again)).toEqual([]);
        await journal.postpone(current, again, 0);
        expect(await keysDue(again)).toEqual(['key']);
      });

      test('cannot forget the record of a key that clients can still write', async () => {
        await journal.reserve('key', now, 0, 2 * claimTime);
        const { late, current } = await claimTwice();
        await journal.forget([current], again);
        const end = now + 2 * claimTime;
        expect(await keysDue(end)).toEqual(['key']);
        await journal.forget([late], end);
        expect(await journal.count()).toBe(1);
      });
    });

    test('a writer that was late discards its blob again, which the claimer cannot forget', async () => {
      await journal.reserve('key', now, 0);
      const claimed = await journal.claimDue(now, claimTime, 1);
      // The claimer removes the blob, then its last bytes arrive.
      await journal.discard('key', now);
      await journal.forget(claimed, now);
      expect(await keysDue(now)).toEqual(['key']);
    });

    test('the count includes writers and removals', async () => {
      expect(await journal.count()).toBe(0);
      await journal.reserve('writer', now, leaseTime);
      await journal.discard('removal', now);
      expect(await journal.count()).toBe(2);
    });
  });
}

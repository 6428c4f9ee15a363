import { beforeEach, describe, expect, test } from 'bun:test';
import { Failure } from '../../src/core/failure.ts';
import type { Holdings } from '../../src/core/ports/object-writes.ts';
import { someBlobPayload, somePayload } from '../stores/some-payload.ts';
import { callers, closedAfterSuite, type Open, race, sweepAtOnce } from './opened.ts';
import { blobPayload, inlinePayload, newAccount, newBlob, now, type RowStores } from './stored-rows.ts';

const later = now + 60_000;

/** What holds of payloads when 16 callers of several processes read and write them at once. */
export function payloadRacesContract(name: string, open: Open<RowStores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: RowStores;
    let processes: RowStores[];
    beforeEach(async () => {
      const opened = await openStores();
      ({ stores } = opened);
      processes = [stores, await opened.openAgain()];
    });

    test('an account stores as many payloads as it may hold', async () => {
      const account = await newAccount(stores, { name: 'acme' });
      const admit = ({ bytes, objects }: Holdings) => {
        if (bytes + 100 > 550) throw new Failure('bytes_exceeded', 'too much');
        if (objects + 1 > 100) throw new Failure('objects_exceeded', 'too many');
      };
      const stored = await race(processes, async (each) => {
        const payload = somePayload({ size: 100, accountId: account.id });
        return each.payloads.insert(payload, undefined, admit).catch((error: unknown) => {
          if (error instanceof Failure && error.code === 'bytes_exceeded') return false;
          throw error;
        });
      });
      expect(stored.filter(Boolean)).toHaveLength(5);
      expect(await stores.accounts.usage(account.id)).toMatchObject({ storedBytes: 500, storedObjects: 5 });
    });

    test.each([1, 5])('a payload of %d counted reads is read that often', async (reads) => {
      const { id, key } = await blobPayload(stores, 10, { readsLeft: reads });
      const left = await race(processes, ({ payloads }) => payloads.takeRead(id, now));
      const taken = left.filter((each) => each !== undefined).toSorted((one, other) => one - other);
      expect(taken).toEqual(Array.from({ length: reads }, (_, n) => n));
      expect(await stores.payloads.find(id)).toBeUndefined();
      expect((await stores.journal.claimDue(now, later, 10)).map((claimed) => claimed.key)).toEqual([key]);
    });

    test('a payload is removed once, and so is its blob', async () => {
      const { id, key } = await blobPayload(stores, 10);
      const removed = await race(processes, ({ payloads }) => payloads.remove(id, now));
      expect(removed.filter(Boolean)).toHaveLength(1);
      expect((await stores.journal.claimDue(now, later, 10)).map((claimed) => claimed.key)).toEqual([key]);
    });

    test('16 sweeps at once remove expired payloads once', async () => {
      for (let n = 0; n < 40; n += 1) await inlinePayload(stores, 10, { expiresAt: now });
      await inlinePayload(stores, 10, { expiresAt: now + 1 });
      expect(await sweepAtOnce(processes, ({ payloads }) => payloads.removeExpired(now, 3))).toBe(40);
      expect(await stores.payloads.earliestExpiry()).toBe(now + 1);
    });

    test('a blob whose lease ran out is published or claimed for removal, never both', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { key } = await newBlob(stores, 10);
        const payload = someBlobPayload(key, { size: 10 });
        const claimed: string[] = [];
        const published = await race(processes, async (each, caller) => {
          if (caller === (round * 5) % callers) return each.payloads.insert(payload);
          claimed.push(...(await each.journal.claimDue(later, later + 1, 10)).map((due) => due.key));
          return false;
        });
        const isPublished = published.includes(true);
        expect(claimed).toEqual(isPublished ? [] : [key]);
        expect((await stores.payloads.find(payload.id)) !== undefined).toBe(isPublished);
        await stores.journal.forget([key], later);
      }
    });
  });
}

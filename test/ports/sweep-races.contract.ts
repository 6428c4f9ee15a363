import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import { leaseTime } from './claims.ts';
import { type Connections, closedAfterSuite, connect, type Open } from './opened.ts';
import { callers, race, sweepAtOnce } from './race.ts';
import { someBlobPayload } from './some-payload.ts';
import {
  blobObject,
  inlinePayload,
  later,
  newAccount,
  newBlob,
  newUpload,
  now,
  type RowStores,
} from './stored-rows.ts';

type Stores = RowStores & { idempotency: IdempotencyStore };

const nothing = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The contract of 16 concurrent sweeps in several processes: they remove each expired row once, and no other row. */
export function sweepRacesContract(name: string, open: Open<Stores>, connectionCount: number): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    let connections: Connections<Stores>;
    beforeEach(async () => {
      connections = await connect(openStores, connectionCount);
      [stores] = connections;
    });

    test('expired payloads', async () => {
      for (let n = 0; n < 40; n += 1) await inlinePayload(stores, 10, { expiresAt: now });
      await inlinePayload(stores, 10, { expiresAt: now + 1 });
      expect(await sweepAtOnce(connections, ({ payloads }) => payloads.expire(now, 3))).toBe(40);
      expect(await stores.payloads.earliestExpiry()).toBe(now + 1);
    });

    test('expired objects and uploads, whose usage is released', async () => {
      const account = await newAccount(stores);
      for (let n = 0; n < 20; n += 1) {
        await blobObject(stores, account, 10, now);
        await newUpload(stores, account, { expiresAt: now });
      }
      const removed = await Promise.all([
        sweepAtOnce(connections, ({ objects }) => objects.expire(now, 3)),
        sweepAtOnce(connections, ({ uploads }) => uploads.expire(now, 3)),
      ]);
      expect(removed).toEqual([20, 20]);
      expect(await stores.accounts.usage(account.id)).toEqual(nothing);
      expect(await stores.journal.count()).toBe(20);
    });

    test('expired accounts', async () => {
      for (let n = 0; n < 20; n += 1) await newAccount(stores, { expiresAt: now });
      const { id } = await newAccount(stores, { expiresAt: now + 1 });
      expect(await sweepAtOnce(connections, ({ accounts }) => accounts.expire(now, 3))).toBe(20);
      expect(await stores.accounts.find(id)).toBeDefined();
    });

    test('expired records of idempotent requests', async () => {
      const recordOf = (id: string, expiresAt: number) => {
        const held = { holder: id, answer: null };
        return { ...held, id, fingerprint: 'f'.repeat(64), expiresAt };
      };
      for (let n = 0; n < 20; n += 1) await stores.idempotency.claim(recordOf(newHashId(), now), now - 1, 1);
      const alive = recordOf(newHashId(), later);
      await stores.idempotency.claim(alive, now - 1, leaseTime);
      expect(await sweepAtOnce(connections, ({ idempotency }) => idempotency.expire(now, 3))).toBe(20);
      const existing = await stores.idempotency.claim({ ...alive, holder: 'another' }, now, leaseTime);
      expect(existing.holder).toBe(alive.holder);
    });

    test('due blobs, which one claimer each gets', async () => {
      const keys = Array.from({ length: 50 }, () => newHashId());
      for (const key of keys) await stores.journal.discard(key, now);
      const claimed: string[] = [];
      const all = await sweepAtOnce(connections, async ({ journal }) => {
        const records = await journal.claimDue(now, leaseTime, 4);
        claimed.push(...records.map(({ key }) => key));
        return { removed: records.length, isDone: records.length < 4 };
      });
      expect(all).toBe(keys.length);
      expect(claimed.toSorted()).toEqual(keys.toSorted());
    });

    test('a blob whose lease has ended, which is either published or claimed', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { key } = await newBlob(stores, 10);
        const payload = someBlobPayload(key, { size: 10 });
        const claimed: string[] = [];
        const published = await race(connections, async (each, caller) => {
          if (caller === (round * 5) % callers) return each.payloads.insert(payload);
          claimed.push(...(await each.journal.claimDue(later, 1, 10)).map((due) => due.key));
          return undefined;
        });
        const isPublished = published.includes('stored');
        expect(claimed).toEqual(isPublished ? [] : [key]);
        expect((await stores.payloads.find(payload.id)) !== undefined).toBe(isPublished);
        await stores.journal.forget([{ key, attempts: 1 }], later);
      }
    });
  });
}

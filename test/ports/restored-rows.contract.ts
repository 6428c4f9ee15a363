import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import { settleRestored } from '../../src/core/operation/restored.ts';
import type { Stores } from '../../src/core/ports/stores.ts';
import { leaseTime } from './claims.ts';
import { idempotentRequest } from './idempotent-request.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { blobContent, noQuota, someAccount, someKey, someUpload } from './some-object.ts';
import { someBlobPayload, somePayload } from './some-payload.ts';

const now = Date.UTC(2025, 2, 1);
const later = now + 3_600_000;
const nothingHeld = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The contract of what every database removes and ends after a restore (`src/core/operation/restored.ts`). */
export function restoredRowsContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: Stores;
    beforeEach(async () => {
      ({ stores } = await openStores());
    });

    const due = async () =>
      (await stores.journal.claimDue(now, leaseTime, 10_000)).map(({ key }) => key).toSorted();

    async function insertAccount() {
      const account = someAccount();
      await stores.accounts.insert(account);
      return account;
    }

    async function reserve(lease = leaseTime): Promise<string> {
      const key = newHashId();
      await stores.journal.reserve(key, now, lease);
      return key;
    }

    test('counted payloads are removed with their blobs and usage, and others are kept', async () => {
      const { id: accountId } = await insertAccount();
      const key = await reserve();
      const counted = [
        somePayload({ readsLeft: 1 }),
        somePayload({ readsLeft: 5, expiresAt: later }),
        somePayload({ readsLeft: 2, accountId }),
        someBlobPayload(key, { readsLeft: 1 }),
      ];
      const kept = [somePayload(), somePayload({ expiresAt: later })];
      for (const row of [...counted, ...kept]) expect(await stores.payloads.insert(row)).toBe('stored');
      expect(await stores.payloads.removeCounted(now)).toBe(counted.length);
      for (const { id } of counted) expect(await stores.payloads.find(id)).toBeUndefined();
      for (const { id } of kept) expect((await stores.payloads.find(id))?.id).toBe(id);
      expect(await due()).toEqual([key]);
      expect(await stores.accounts.usage(accountId)).toEqual(nothingHeld);
      expect(await stores.inventory.wrongUsage()).toEqual([]);
      expect(await stores.payloads.removeCounted(now)).toBe(0);
    });

    test('counted payloads of more than one transaction are removed', async () => {
      const rows = Array.from({ length: 2100 }, (_, n) => somePayload({ readsLeft: n % 3 === 0 ? null : 1 }));
      await Promise.all(rows.map((row) => stores.payloads.insert(row)));
      expect(await stores.payloads.removeCounted(now)).toBe(1400);
      const found = await Promise.all(rows.map(({ id }) => stores.payloads.find(id)));
      expect(found.filter((row) => row !== undefined)).toHaveLength(700);
      expect(await stores.meter.anonymousBytes()).toBe(700 * 13);
    });

    test('uploads can be ended before they expire, with their parts and reservations', async () => {
      const account = await insertAccount();
      const key = await reserve();
      const [whole, parts] = [someUpload(account), someUpload(account, { partSize: 100 })];
      for (const upload of [whole, parts]) await stores.uploads.start(upload, noQuota);
      const part = { number: 1, size: 100, etag: 'etag' };
      await stores.uploads.receivePart(parts.id, { part, placed: blobContent(key, 100) }, now);
      expect(await stores.uploads.expire(now, 10)).toEqual({ removed: 0, isDone: true });
      expect(await stores.uploads.expire(now, 10, Number.MAX_SAFE_INTEGER)).toEqual({
        removed: 2,
        isDone: true,
      });
      for (const { id } of [whole, parts]) expect(await stores.uploads.find(id)).toBeUndefined();
      expect(await due()).toEqual([key]);
      expect(await stores.accounts.usage(account.id)).toEqual(nothingHeld);
      expect(await stores.inventory.wrongUsage()).toEqual([]);
    });

    test('a writer whose lease was ended cannot publish, and its blob is due', async () => {
      const [writing, direct] = [await reserve(), newHashId()];
      await stores.journal.reserve(direct, now, leaseTime, 2 * leaseTime);
      await stores.journal.discard('removed', now);
      expect(await stores.journal.endLeases(now)).toBe(2);
      expect(await stores.journal.renew(writing, now, leaseTime)).toBe(false);
      expect(await stores.payloads.insert(someBlobPayload(writing))).toBe('lease_lost');
      expect(await due()).toEqual([direct, 'removed', writing].toSorted());
      // Clients may still write to it.
      await stores.journal.forget([{ key: direct, attempts: 1 }], now);
      expect(await stores.journal.known([direct])).toEqual(new Set([direct]));
      expect(await stores.journal.endLeases(now)).toBe(0);
    });

    test('a request without an answer is released, and one with an answer keeps it', async () => {
      const answered = await idempotentRequest<null>(stores.idempotency, now);
      await stores.payloads.insert(somePayload(), answered.seal);
      const running = await idempotentRequest<null>(stores.idempotency, now);
      expect(await stores.idempotency.releaseAll()).toBe(1);
      const late = somePayload();
      await expect(stores.payloads.insert(late, running.seal)).rejects.toMatchObject({ code: 'store_away' });
      expect(await stores.payloads.find(late.id)).toBeUndefined();
      expect(await answered.answer()).toBeNull();
      expect(await stores.idempotency.releaseAll()).toBe(0);
    });

    test('a restored database has neither counted nor expired content, and reports its active keys', async () => {
      const account = await insertAccount();
      const [active, revoked] = [someKey(account.id), someKey(account.id)];
      for (const key of [active, revoked]) await stores.accounts.insertKey(key);
      await stores.accounts.revokeKey(revoked.id, now);
      const kept = somePayload();
      const gone = [somePayload({ readsLeft: 1 }), somePayload({ expiresAt: now })];
      for (const row of [kept, ...gone]) await stores.payloads.insert(row);
      await stores.uploads.start(someUpload(account), noQuota);
      const key = await reserve();
      await idempotentRequest<null>(stores.idempotency, now);
      const report = await settleRestored(stores, now);
      expect(report).toEqual({
        countedPayloads: 1,
        uploads: 1,
        requests: 1,
        writes: 1,
        expired: { payloads: 1, objects: 0, uploads: 0, accounts: 0, deliveries: 0, idempotencyRecords: 0 },
        keys: [expect.objectContaining({ id: active.id })],
      });
      for (const { id } of gone) expect(await stores.payloads.find(id)).toBeUndefined();
      expect((await stores.payloads.find(kept.id))?.id).toBe(kept.id);
      expect(await due()).toEqual([key]);
      expect(await settleRestored(stores, now)).toMatchObject({
        countedPayloads: 0,
        uploads: 0,
        requests: 0,
        writes: 0,
      });
    });
  });
}

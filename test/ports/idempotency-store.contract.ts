import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { IdempotencyRecord, IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import type { PayloadStore } from '../../src/core/ports/payload-store.ts';
import { leaseTime } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { somePayload } from './some-payload.ts';

/** Other stores keep the answers, in the transactions of their writes. */
type IdempotencyStoreUnderTest = { idempotency: IdempotencyStore; payloads: PayloadStore };

const now = Date.UTC(2025, 2, 1);
const day = 86_400_000;

function recordOf(given: Partial<IdempotencyRecord> = {}): IdempotencyRecord {
  return {
    id: 'a'.repeat(64),
    fingerprint: 'f'.repeat(64),
    holder: newHashId(),
    expiresAt: now + day,
    answer: null,
    ...given,
  };
}

/** The contract of every idempotency store (`src/core/ports/idempotency-store.ts`). */
export function idempotencyStoreContract(name: string, open: Open<IdempotencyStoreUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let store: IdempotencyStore;
    let payloads: PayloadStore;
    beforeEach(async () => {
      ({ idempotency: store, payloads } = (await openStores()).stores);
    });

    const answer = ({ id, holder }: IdempotencyRecord) =>
      payloads.insert(somePayload(), () => ({ id, holder, sealed: Buffer.from('sealed') }));

    test('a free key can be claimed', async () => {
      const record = recordOf();
      expect(await store.claim(record, now, leaseTime)).toEqual(record);
    });

    test('a hundred concurrent claims have one winner, which all of them return', async () => {
      const records = Array.from({ length: 100 }, () => recordOf());
      const existing = await Promise.all(records.map((record) => store.claim(record, now, leaseTime)));
      expect(new Set(existing.map(({ holder }) => holder)).size).toBe(1);
      expect(records.filter((record, n) => record.holder === existing[n]?.holder).length).toBe(1);
    });

    test('keys are independent', async () => {
      const other = recordOf({ id: 'b'.repeat(64) });
      await store.claim(recordOf(), now, leaseTime);
      expect(await store.claim(other, now, leaseTime)).toEqual(other);
    });

    test('a lease protects the key until it ends', async () => {
      const first = recordOf();
      const second = recordOf();
      await store.claim(first, now, leaseTime);
      expect((await store.claim(second, now + 59_999, leaseTime)).holder).toBe(first.holder);
      expect((await store.claim(second, now + 60_000, leaseTime)).holder).toBe(second.holder);
    });

    test('a lease that ended too recently protects the key too', async () => {
      const first = recordOf();
      const second = recordOf();
      await store.claim(first, now, leaseTime);
      const ended = now + leaseTime;
      expect((await store.claim(second, ended + 1000, leaseTime, ended - 1)).holder).toBe(first.holder);
      expect((await store.claim(second, ended + 1000, leaseTime, ended)).holder).toBe(second.holder);
    });

    test('only the holder can renew a lease', async () => {
      const first = recordOf();
      await store.claim(first, now, leaseTime);
      await store.renew(first.id, 'somebody else', now, 300_000);
      await store.renew(first.id, first.holder, now + 1000, 119_000);
      expect((await store.claim(recordOf(), now + 119_999, leaseTime)).holder).toBe(first.holder);
      expect((await store.claim(recordOf(), now + 120_000, leaseTime)).holder).not.toBe(first.holder);
    });

    test('an answer outlives its lease, until it expires', async () => {
      const first = recordOf();
      await store.claim(first, now, leaseTime);
      await answer(first);
      const existing = await store.claim(recordOf(), now + day - 1, leaseTime);
      expect(existing.holder).toBe(first.holder);
      expect(Buffer.from(existing.answer ?? []).toString()).toBe('sealed');
      const renewed = recordOf({ fingerprint: 'e'.repeat(64), expiresAt: now + 2 * day });
      expect(await store.claim(renewed, now + day, leaseTime)).toEqual(renewed);
    });

    test('only the holder can answer, once', async () => {
      const record = recordOf();
      await store.claim(record, now, leaseTime);
      await expect(answer({ ...record, holder: 'somebody else' })).rejects.toThrow();
      await answer(record);
      await expect(answer(record)).rejects.toThrow();
    });

    test('only the holder can release a key, and only without an answer', async () => {
      const record = recordOf();
      await store.claim(record, now, leaseTime);
      await store.release(record.id, 'somebody else');
      expect((await store.claim(recordOf(), now, leaseTime)).holder).toBe(record.holder);
      await store.release(record.id, record.holder);
      const next = recordOf();
      expect((await store.claim(next, now, leaseTime)).holder).toBe(next.holder);
      await answer(next);
      await store.release(next.id, next.holder);
      expect((await store.claim(recordOf(), now, leaseTime)).holder).toBe(next.holder);
    });

    test('only expired records are removed, up to a limit', async () => {
      for (let n = 0; n < 5; n += 1)
        await store.claim(recordOf({ id: `expired ${n}`, expiresAt: now }), now - 1, leaseTime);
      const alive = recordOf({ id: 'alive', expiresAt: now + 1 });
      await store.claim(alive, now - 1, leaseTime);
      expect(await store.expire(now, 3)).toMatchObject({ removed: 3 });
      expect(await store.expire(now, 3)).toEqual({ removed: 2, isDone: true });
      expect(await store.expire(now, 3)).toEqual({ removed: 0, isDone: true });
      expect((await store.claim(recordOf({ id: 'alive' }), now, leaseTime)).holder).toBe(alive.holder);
    });
  });
}

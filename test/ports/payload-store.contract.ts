import { beforeEach, describe, expect, test } from 'bun:test';
import { hashSecret, newHashId } from '../../src/core/ids.ts';
import type { BlobJournal } from '../../src/core/ports/content/blob-journal.ts';
import type { IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import type { PayloadStore, StoredPayload } from '../../src/core/ports/payload-store.ts';
import { failureOf } from '../core/failure-of.ts';
import { leaseTime } from './claims.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { someBlobPayload, somePayload } from './some-payload.ts';

/** A payload store also writes the journal and the answers. */
type PayloadStoreUnderTest = {
  payloads: PayloadStore;
  journal: BlobJournal;
  idempotency: IdempotencyStore;
};

const now = Date.UTC(2025, 2, 1);

/** A row with its content as bytes: a store may return inline text as a string or as bytes. */
function inBytes(row: StoredPayload | undefined): StoredPayload | undefined {
  if (row?.content.kind !== 'inline') return row;
  return { ...row, content: { kind: 'inline', data: Buffer.from(row.content.data as string) } };
}

/** The contract of every payload store (`src/core/ports/payload-store.ts`). */
export function payloadStoreContract(name: string, open: Open<PayloadStoreUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let payloads: PayloadStore;
    let journal: BlobJournal;
    let idempotency: IdempotencyStore;
    beforeEach(async () => {
      ({ payloads, journal, idempotency } = (await openStores()).stores);
    });

    const found = async (id: string) => inBytes(await payloads.find(id));
    const removals = async () => (await journal.claimDue(now, 60_000, 100)).map(({ key }) => key);

    async function insertBlob(expiresAt = now + 1000) {
      const key = newHashId();
      await journal.reserve(key, now, 60_000);
      const row = someBlobPayload(key, { expiresAt });
      expect(await payloads.insert(row)).toBe('stored');
      return { key, row };
    }

    async function claimAnswer(holder = 'holder') {
      const id = newHashId();
      const record = { fingerprint: 'f', holder: 'holder', expiresAt: now + 2000 };
      await idempotency.claim({ ...record, id, answer: null }, now, leaseTime);
      const kept = async () =>
        (await idempotency.claim({ ...record, id, answer: null }, now, leaseTime)).answer;
      return { seal: () => ({ id, holder, sealed: Uint8Array.of(1, 2, 3) }), kept };
    }

    describe('a row', () => {
      test.each([
        ['text', { content: { kind: 'inline', data: 'Hello, World!' } } as const],
        ['empty text', { content: { kind: 'inline', data: '' }, size: 0 } as const],
        ['text of every kind', { content: { kind: 'inline', data: 'é€𝄞\u0000\ufeff\n' } } as const],
        ['bytes', { content: { kind: 'inline', data: Buffer.from([0, 255, 128]) }, isText: false } as const],
        ['counted reads', { readsLeft: 3 }],
        ['a delete token', { deleteTokenHash: Buffer.from(hashSecret('token')) }],
        ['a name', { name: 'notes ü.txt' }],
        ['a media type as it was given', { mediaType: 'Text/Plain; Charset="UTF-8"' }],
      ])('is read as inserted: %s', async (_, given) => {
        const row = somePayload(given);
        expect(await payloads.insert(row)).toBe('stored');
        expect(await found(row.id)).toEqual(inBytes(row));
      });

      test('with a blob is found, and its key leaves the journal', async () => {
        const { key, row } = await insertBlob();
        expect(await found(row.id)).toEqual(inBytes(row));
        expect(await journal.renew(key, now, 60_000)).toBe(false);
        expect(await journal.count()).toBe(0);
      });

      test('that does not exist is not found', async () => {
        expect(await payloads.find(newHashId())).toBeUndefined();
      });

      test('is found even if it has expired: the core decides', async () => {
        const row = somePayload({ expiresAt: now - 1 });
        await payloads.insert(row);
        expect(await found(row.id)).toEqual(inBytes(row));
      });

      test('is inserted once: another one with the same id fails alone', async () => {
        const row = somePayload();
        await payloads.insert(row);
        const others = Array.from({ length: 10 }, () => somePayload());
        const again = payloads.insert({ ...row, mediaType: 'text/other' });
        const rest = others.map((other) => payloads.insert(other));
        expect(await again).toBe('exists');
        expect(await Promise.all(rest)).toEqual(others.map(() => 'stored' as const));
        expect(await found(row.id)).toEqual(inBytes(row));
      });

      test('that exists is reported before any other refusal, and nothing changes', async () => {
        const { key, row } = await insertBlob();
        const { seal, kept } = await claimAnswer('another');
        const quota = { maxStoredBytes: 0, maxObjects: 0 };
        expect(await payloads.insert(row, seal, quota)).toBe('exists');
        expect(await found(row.id)).toEqual(inBytes(row));
        expect(await kept()).toBeNull();
        expect([await removals(), await journal.count()]).toEqual([[], 0]);
        expect(
          await payloads.insert(somePayload({ id: row.id, content: { kind: 'inline', data: key } })),
        ).toBe('exists');
      });

      test('is not inserted if its journal entry is gone or claimed', async () => {
        const row = someBlobPayload(newHashId());
        expect(await payloads.insert(row)).toBe('lease_lost');
        const key = newHashId();
        await journal.reserve(key, now, 0);
        expect(await removals()).toEqual([key]);
        expect(await payloads.insert(someBlobPayload(key, { id: row.id }))).toBe('lease_lost');
        expect(await payloads.find(row.id)).toBeUndefined();
      });
    });

    describe('an answer', () => {
      test('is kept with the row, inline or blob', async () => {
        const inline = await claimAnswer();
        expect(await payloads.insert(somePayload(), inline.seal)).toBe('stored');
        expect(await inline.kept()).toEqual(Buffer.from([1, 2, 3]));
        const blob = await claimAnswer();
        const key = newHashId();
        await journal.reserve(key, now, 60_000);
        expect(await payloads.insert(someBlobPayload(key), blob.seal)).toBe('stored');
        expect(await blob.kept()).toEqual(Buffer.from([1, 2, 3]));
      });

      test('of a try that lost its lease undoes the whole write', async () => {
        const { seal, kept } = await claimAnswer('another');
        const inline = somePayload();
        expect((await failureOf(() => payloads.insert(inline, seal))).code).toBe('store_away');
        expect(await payloads.find(inline.id)).toBeUndefined();
        const key = newHashId();
        await journal.reserve(key, now, 60_000);
        const blob = someBlobPayload(key);
        expect((await failureOf(() => payloads.insert(blob, seal))).code).toBe('store_away');
        expect(await payloads.find(blob.id)).toBeUndefined();
        // The blob still belongs to the writer, which discards it.
        expect(await journal.renew(key, now, 60_000)).toBe(true);
        expect(await kept()).toBeNull();
      });

      test('is kept with a removal, which is undone if that fails', async () => {
        const { seal, kept } = await claimAnswer();
        const row = somePayload();
        await payloads.insert(row);
        const lateSeal = () => ({ ...seal(), holder: 'x' });
        expect((await failureOf(() => payloads.remove(row.id, now, lateSeal))).code).toBe('store_away');
        expect(await found(row.id)).toEqual(inBytes(row));
        expect(await payloads.remove(row.id, now, seal)).toBe(true);
        expect(await kept()).toEqual(Buffer.from([1, 2, 3]));
      });
    });

    describe('a counted read', () => {
      test('succeeds until none is left, and the last one removes the row', async () => {
        const row = somePayload({ readsLeft: 3 });
        await payloads.insert(row);
        const left = [];
        for (let read = 0; read < 5; read += 1) left.push(await payloads.takeRead(row.id, now));
        expect(left).toEqual([2, 1, 0, undefined, undefined]);
        expect(await payloads.find(row.id)).toBeUndefined();
      });

      test('is taken once by each of two hundred concurrent callers', async () => {
        const once = somePayload({ readsLeft: 1 });
        const seven = somePayload({ readsLeft: 7 });
        await Promise.all([payloads.insert(once), payloads.insert(seven)]);
        for (const [row, expected] of [[once, [0]] as const, [seven, [0, 1, 2, 3, 4, 5, 6]] as const]) {
          const reads = await Promise.all(Array.from({ length: 200 }, () => payloads.takeRead(row.id, now)));
          expect(reads.filter((left) => left !== undefined).toSorted()).toEqual([...expected]);
        }
      });

      test('that is the last one makes the blob due', async () => {
        const key = newHashId();
        await journal.reserve(key, now, 60_000);
        const row = someBlobPayload(key, { readsLeft: 1 });
        await payloads.insert(row);
        await payloads.takeRead(row.id, now);
        expect(await removals()).toEqual([key]);
      });

      test('fails for a row that has expired, is not counted or does not exist', async () => {
        const expired = somePayload({ readsLeft: 1, expiresAt: now });
        const uncounted = somePayload();
        await payloads.insert(expired);
        await payloads.insert(uncounted);
        expect(await payloads.takeRead(expired.id, now)).toBeUndefined();
        expect(await payloads.takeRead(uncounted.id, now)).toBeUndefined();
        expect(await payloads.takeRead(newHashId(), now)).toBeUndefined();
        expect(await found(uncounted.id)).toEqual(inBytes(uncounted));
      });
    });

    describe('removing', () => {
      test('succeeds once', async () => {
        const row = somePayload();
        await payloads.insert(row);
        const removed = await Promise.all(Array.from({ length: 50 }, () => payloads.remove(row.id, now)));
        expect(removed.filter(Boolean).length).toBe(1);
        expect(await payloads.find(row.id)).toBeUndefined();
      });

      test('makes a blob due at once', async () => {
        const { key, row } = await insertBlob();
        expect(await payloads.remove(row.id, now)).toBe(true);
        expect(await removals()).toEqual([key]);
      });

      test('of an expired or unknown payload returns false', async () => {
        const row = somePayload({ expiresAt: now });
        await payloads.insert(row);
        expect(await payloads.remove(row.id, now)).toBe(false);
        expect(await payloads.remove(newHashId(), now)).toBe(false);
      });

      test('of expired payloads takes up to a limit, with their blobs', async () => {
        const rows = [300, 100, 200, 400].map((ago) => somePayload({ expiresAt: now - ago }));
        for (const row of rows) await payloads.insert(row);
        const { key } = await insertBlob(now - 500);
        const alive = somePayload({ expiresAt: now + 1 });
        await payloads.insert(alive);
        expect(await payloads.expire(now, 2)).toMatchObject({ removed: 2 });
        const left = await Promise.all(rows.map(({ id }) => payloads.find(id)));
        expect(left.filter((row) => row !== undefined).length).toBeOneOf([2, 3]);
        expect(await payloads.expire(now, 10)).toEqual({ removed: 3, isDone: true });
        expect(await removals()).toEqual([key]);
        expect(await payloads.expire(now, 10)).toEqual({ removed: 0, isDone: true });
        expect(await found(alive.id)).toEqual(inBytes(alive));
      });

      test('the earliest expiry is that of the next row to expire', async () => {
        expect(await payloads.earliestExpiry()).toBeUndefined();
        for (const after of [300, 100, 200]) await payloads.insert(somePayload({ expiresAt: now + after }));
        expect(await payloads.earliestExpiry()).toBe(now + 100);
        await payloads.expire(now + 100, 10);
        expect(await payloads.earliestExpiry()).toBe(now + 200);
      });
    });

    describe('a payload that was read before', () => {
      test('is not found once it is removed or has expired', async () => {
        const [removed, expired] = [somePayload(), somePayload({ expiresAt: now })];
        for (const row of [removed, expired]) {
          await payloads.insert(row);
          await payloads.find(row.id);
        }
        await payloads.remove(removed.id, now);
        await payloads.expire(now, 10);
        for (const { id } of [removed, expired]) expect(await payloads.find(id)).toBeUndefined();
      });

      test('has its current number of counted reads', async () => {
        const row = somePayload({ readsLeft: 2 });
        await payloads.insert(row);
        await payloads.find(row.id);
        await payloads.takeRead(row.id, now);
        expect((await payloads.find(row.id))?.readsLeft).toBe(1);
      });
    });
  });
}

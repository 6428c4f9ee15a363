import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { AccountStore } from '../../src/core/ports/accounts/account-store.ts';
import type { BlobJournal } from '../../src/core/ports/content/blob-journal.ts';
import type { UploadStore } from '../../src/core/ports/files/upload-store.ts';
import type { IdempotencyStore } from '../../src/core/ports/idempotency-store.ts';
import type { PayloadStore, PlacedPayload, UploadedPayload } from '../../src/core/ports/payload-store.ts';
import { leaseTime } from './claims.ts';
import { idempotentRequest } from './idempotent-request.ts';
import { type Open, openedForSuite } from './opened.ts';
import { callers, forEachCaller, race, raceWithRefusals, times } from './race.ts';
import { blobContent, noQuota, someAccount, someUpload } from './some-object.ts';
import { someBlobPayload, somePayload } from './some-payload.ts';

export type PayloadRaceStores = {
  accounts: AccountStore;
  payloads: PayloadStore;
  uploads: UploadStore;
  journal: BlobJournal;
  idempotency: IdempotencyStore;
};

const now = Date.UTC(2025, 2, 1);
const leaseEnd = now + 60_000;
const nothingHeld = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The contract of the stores of payloads for concurrent calls. */
export function payloadRacesContract(
  name: string,
  open: Open<PayloadRaceStores>,
  connectionCount: number,
): void {
  describe(name, () => {
    const connections = openedForSuite(open, connectionCount);
    const stores = () => connections()[0];

    async function insertAccount() {
      const account = someAccount();
      await stores().accounts.insert(account);
      return account;
    }
    async function due(keys: string[]) {
      const claimed = await stores().journal.claimDue(now, leaseTime, 100_000);
      const found = new Set(claimed.map(({ key }) => key));
      return keys.filter((key) => found.has(key));
    }

    test('16 payloads of an account never exceed its quota', async () => {
      const { id: accountId } = await insertAccount();
      const quota = { maxStoredBytes: 550, maxObjects: null };
      const values = await race(connections(), ({ payloads }) => {
        const content = { kind: 'inline' as const, data: 'x'.repeat(100) };
        return payloads.insert(somePayload({ accountId, content, size: 100 }), undefined, quota);
      });
      expect(values.filter((value) => value === 'stored')).toHaveLength(5);
      expect(values.filter((value) => value === 'bytes_exceeded')).toHaveLength(callers - 5);
    });

    test('16 payloads with one blob create one payload', async () => {
      const key = newHashId();
      await stores().journal.reserve(key, now, leaseTime);
      const rows = await forEachCaller(async () => someBlobPayload(key));
      const values = await race(connections(), ({ payloads }, caller) =>
        payloads.insert(rows[caller] ?? someBlobPayload(key)),
      );
      expect(values.toSorted()).toEqual([...times(callers - 1, 'lease_lost' as const), 'stored']);
      const found = await Promise.all(rows.map(({ id }) => stores().payloads.find(id)));
      expect(found.filter((row) => row !== undefined)).toHaveLength(1);
    });

    test('16 readers take 5 reads, each exactly once', async () => {
      const key = newHashId();
      await stores().journal.reserve(key, now, leaseTime);
      const row = someBlobPayload(key, { readsLeft: 5 });
      await stores().payloads.insert(row);
      const values = await race(connections(), ({ payloads }) => payloads.takeRead(row.id, now));
      const taken = values.filter((left) => left !== undefined);
      expect(taken.toSorted()).toEqual([0, 1, 2, 3, 4]);
      expect(await stores().payloads.find(row.id)).toBeUndefined();
      expect(await due([key])).toEqual([key]);
    });

    test('24 readers of 60 payloads take each of their 5 reads once', async () => {
      const account = await insertAccount();
      const rows = await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const key = newHashId();
          await stores().journal.reserve(key, now, leaseTime);
          const readsLeft = 5;
          const kinds = [
            somePayload({ readsLeft }),
            somePayload({ readsLeft, expiresAt: now + 3_600_000 }),
            somePayload({ readsLeft, accountId: account.id }),
            someBlobPayload(key, { readsLeft }),
          ];
          return kinds[index % kinds.length] as PlacedPayload;
        }),
      );
      await Promise.all(rows.map((row) => stores().payloads.insert(row)));
      const reads = Array.from({ length: 24 }, (_, reader) => {
        const { payloads } = connections()[reader % connectionCount] ?? stores();
        return rows.map(async ({ id }) => ({ id, left: await payloads.takeRead(id, now, newHashId()) }));
      });
      const taken = (await Promise.all(reads.flat())).filter(({ left }) => left !== undefined);
      expect(taken).toHaveLength(300);
      for (const { id } of rows) {
        const ofRow = taken.filter((each) => each.id === id).map(({ left }) => left);
        expect(ofRow.toSorted()).toEqual([0, 1, 2, 3, 4]);
        expect(await stores().payloads.find(id)).toBeUndefined();
      }
      expect(await stores().accounts.usage(account.id)).toEqual(nothingHeld);
      const keys = rows.flatMap(({ content }) => (content.kind === 'blob' ? content.key : []));
      expect((await due(keys)).toSorted()).toEqual(keys.toSorted());
    });

    test('16 callers delete each of 60 payloads once', async () => {
      const account = await insertAccount();
      const rows = Array.from({ length: 60 }, (_, index) =>
        somePayload([{}, { expiresAt: now + 3_600_000 }, { accountId: account.id }][index % 3]),
      );
      await Promise.all(rows.map((row) => stores().payloads.insert(row)));
      const values = await race(connections(), ({ payloads }) =>
        Promise.all(rows.map(({ id }) => payloads.remove(id, now))),
      );
      const deletes = rows.map((_, index) => values.filter((removed) => removed[index]).length);
      expect(deletes).toEqual(times(rows.length, 1));
      expect(await stores().accounts.usage(account.id)).toEqual(nothingHeld);
    });

    test('a last read, a delete and a sweep remove a payload once', async () => {
      const key = newHashId();
      await stores().journal.reserve(key, now, leaseTime);
      const row = someBlobPayload(key, { readsLeft: 1, expiresAt: now + 5 });
      await stores().payloads.insert(row);
      const values = await race<PayloadRaceStores, number | boolean | undefined>(
        connections(),
        ({ payloads }, caller) => {
          if (caller % 4 === 3) return payloads.expire(now + 5, 10).then(() => undefined);
          return caller % 2 === 0 ? payloads.takeRead(row.id, now) : payloads.remove(row.id, now);
        },
      );
      const ends = values.filter((value) => value === 0 || value === true);
      expect(ends.length).toBeLessThanOrEqual(1);
      expect(await stores().payloads.find(row.id)).toBeUndefined();
      const claimed = await stores().journal.claimDue(now + 5, leaseTime, 100_000);
      expect(claimed.filter((blob) => blob.key === key)).toHaveLength(1);
    });

    test('16 payloads that answer one idempotent request store one payload', async () => {
      const { seal, answer } = await idempotentRequest<string>(stores().idempotency, now);
      const rows = await forEachCaller(async () => somePayload());
      const { values, refusals } = await raceWithRefusals(connections(), async ({ payloads }, caller) => {
        const row = rows[caller] ?? somePayload();
        await payloads.insert(row, () => seal(row.id));
        return row.id;
      });
      expect([values.length, refusals]).toEqual([1, times(callers - 1, 'store_away')]);
      expect(await answer()).toBe(values[0]);
      const found = await Promise.all(rows.map(({ id }) => stores().payloads.find(id)));
      expect(found.flatMap((row) => row?.id ?? [])).toEqual(values);
    });

    test.each(['completions', 'aborts'])(
      'an upload either becomes one payload or is aborted (%s first)',
      async (first) => {
        const account = await insertAccount();
        const upload = someUpload(account, { partSize: 100, declaredSize: 100 });
        await stores().uploads.start(upload, noQuota, leaseEnd);
        const key = newHashId();
        await stores().journal.reserve(key, now, leaseTime);
        await stores().uploads.receivePart(
          upload.id,
          { part: { number: 1, size: 100, etag: 'etag' }, placed: blobContent(key, 100) },
          now,
        );
        const parts = await stores().uploads.parts(upload.id);
        const content = { kind: 'parts' as const, parts: [{ key, size: 100 }] };
        const payloadOf = (): UploadedPayload => ({ ...somePayload(), size: 100, isText: false, content });
        const payloads = await forEachCaller(async () => payloadOf());
        const isCompletion = (caller: number) => (caller % 2 === 0) === (first === 'completions');
        const values = await race(connections(), ({ uploads }, caller) =>
          isCompletion(caller)
            ? uploads.completePayload(upload.id, payloads[caller] ?? payloadOf(), parts)
            : uploads.abort(upload.id, now),
        );
        const ends = values.filter((value) => value === 'completed' || value === 'aborted');
        expect(ends).toHaveLength(1);
        const found = await Promise.all(payloads.map(({ id }) => stores().payloads.find(id)));
        const isMade = ends[0] === 'completed';
        expect(found.filter((row) => row !== undefined)).toHaveLength(isMade ? 1 : 0);
        expect(await stores().accounts.usage(account.id)).toEqual(nothingHeld);
        expect(await due([key])).toEqual(isMade ? [] : [key]);
      },
    );

    test('16 claims of an idempotency key whose lease has ended have one winner', async () => {
      const recordOf = (holder: string) => ({
        ...{ id: 'taken over', fingerprint: 'fingerprint', holder, answer: null },
        expiresAt: now + 86_400_000,
      });
      await stores().idempotency.claim(recordOf('the first'), now - 1, 1);
      const values = await race(connections(), ({ idempotency }, caller) =>
        idempotency.claim(recordOf(`caller ${caller}`), now, leaseTime),
      );
      const winners = new Set(values.map(({ holder }) => holder));
      expect([...winners]).toEqual([expect.stringMatching(/^caller \d+$/)]);
    });

    test('16 sweepers claim each blob once, unless its writer renews the lease first', async () => {
      const blobs = await forEachCaller(async () => newHashId());
      for (const key of blobs) await stores().journal.reserve(key, now - 1000, 0);
      const claimed: string[] = [];
      const kept: string[] = [];
      await race(connections(), async ({ journal }, caller) => {
        const key = blobs[caller] ?? '';
        if (caller % 2 === 0 && (await journal.renew(key, now, leaseTime))) kept.push(key);
        for (const blob of await journal.claimDue(now - 1000, 1000, 3)) claimed.push(blob.key);
      });
      const ours = claimed.filter((key) => blobs.includes(key));
      expect([...ours, ...kept].toSorted()).toEqual(blobs.toSorted());
    });
  });
}

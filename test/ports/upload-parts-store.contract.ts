import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { StoredUpload, UploadStore } from '../../src/core/ports/files/upload-store.ts';
import { leaseTime } from './claims.ts';
import type { ObjectStoreUnderTest } from './object-store.contract.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import {
  blobContent,
  inlineContent,
  noQuota,
  someAccount,
  someConfirmation,
  someUpload,
} from './some-object.ts';

const now = Date.UTC(2025, 2, 1);
const nothing = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The contract of every upload store for parts and direct uploads. */
export function uploadPartsStoreContract(name: string, open: Open<ObjectStoreUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: ObjectStoreUnderTest;
    let uploads: UploadStore;
    const account = someAccount();
    beforeEach(async () => {
      ({ stores } = await openStores());
      uploads = stores.uploads;
      await stores.accounts.insert(account);
    });

    async function reserve(given: Partial<StoredUpload>, directKeyEnds?: number) {
      const upload = someUpload(account, given);
      expect(await uploads.start(upload, noQuota, directKeyEnds)).toBe('within');
      return upload;
    }
    async function putPart({ id }: StoredUpload, number: number, size: number, etag = `etag-${number}`) {
      const key = newHashId();
      await stores.journal.reserve(key, now, leaseTime);
      expect(
        await uploads.receivePart(id, { part: { number, size, etag }, placed: blobContent(key, size) }, now),
      ).toBe('received');
      return key;
    }
    const usage = () => stores.accounts.usage(account.id);
    const blobBytes = async () => (await stores.meter.usage()).blobBytes;
    const due = async (at = now) =>
      (await stores.journal.claimDue(at, 60_000, 100)).map(({ key }) => key).toSorted();
    /** Removes due blobs, like a sweep. */
    async function removeDue(at: number) {
      const claimed = await stores.journal.claimDue(at, 60_000, 100);
      await stores.journal.forget(claimed, at);
      return claimed.map(({ key }) => key).toSorted();
    }

    describe('parts', () => {
      const inParts = { partSize: 10, declaredSize: 25 };
      const part = { number: 1, size: 10, etag: 'e' };

      test('are listed by number in any order of arrival, and the upload is never received as a whole', async () => {
        const upload = await reserve(inParts);
        const last = await putPart(upload, 10, 1);
        const second = await putPart(upload, 2, 10);
        const first = await putPart(upload, 1, 10);
        expect(await uploads.parts(upload.id)).toEqual([
          { number: 1, size: 10, etag: 'etag-1', key: first },
          { number: 2, size: 10, etag: 'etag-2', key: second },
          { number: 10, size: 1, etag: 'etag-10', key: last },
        ]);
        expect(await uploads.find(upload.id)).toMatchObject({ isReceived: false });
        expect([await blobBytes(), await stores.journal.count()]).toEqual([21, 0]);
        expect(await uploads.parts('unknown')).toEqual([]);
      });

      test('that are sent again replace the earlier ones, whose blobs are removed', async () => {
        const upload = await reserve(inParts);
        const first = await putPart(upload, 1, 10);
        const other = await putPart(upload, 2, 10);
        const second = await putPart(upload, 1, 10, 'again');
        expect((await uploads.parts(upload.id)).map(({ etag }) => etag)).toEqual(['again', 'etag-2']);
        expect(await due()).toEqual([first]);
        expect(await blobBytes()).toBe(20);
        expect([...(await stores.journal.known([second, other]))]).toEqual([]);
      });

      test('are rejected if the upload has expired or is gone, or the journal entry was claimed', async () => {
        const upload = await reserve({ ...inParts, expiresAt: now });
        const [late, claimed] = [newHashId(), newHashId()];
        await stores.journal.reserve(late, now, leaseTime);
        expect(await uploads.receivePart(upload.id, { part, placed: blobContent(late, 10) }, now)).toBe(
          'upload_gone',
        );
        expect(await uploads.receivePart('unknown', { part, placed: blobContent(late, 10) }, now)).toBe(
          'upload_gone',
        );
        await stores.journal.discard(claimed, now);
        const taken = await uploads.receivePart(
          upload.id,
          { part, placed: blobContent(claimed, 10) },
          now - 1,
        );
        expect(taken).toBe('lease_lost');
        expect(await uploads.parts(upload.id)).toEqual([]);
        expect([await blobBytes(), (await stores.journal.known([late])).size]).toEqual([0, 1]);
      });

      test('must be blobs', async () => {
        const upload = await reserve(inParts);
        const receiving = uploads.receivePart(upload.id, { part, placed: inlineContent(10) }, now);
        await expect(receiving).rejects.toThrow();
      });

      test('become the object, with the sum as its size; other parts are released', async () => {
        const upload = await reserve(inParts);
        const keys = [
          await putPart(upload, 1, 10),
          await putPart(upload, 2, 10),
          await putPart(upload, 3, 5),
        ];
        const [one, , three] = await uploads.parts(upload.id);
        if (one === undefined || three === undefined) throw new Error('parts are gone');
        const object = await uploads.completeFile(upload, [one, three], someConfirmation());
        expect(object).toMatchObject({ id: upload.id, size: 15 });
        expect(await stores.objects.content(upload.id)).toEqual({
          kind: 'parts',
          parts: [
            { key: keys[0] ?? '', size: 10 },
            { key: keys[2] ?? '', size: 5 },
          ],
        });
        expect(await due()).toEqual([keys[1] ?? '']);
        expect(await usage()).toEqual({ ...nothing, storedBytes: 15, storedObjects: 1 });
        expect(await blobBytes()).toBe(15);
      });

      test('of which one is missing or was replaced create nothing, and stay', async () => {
        const upload = await reserve(inParts);
        await putPart(upload, 1, 10);
        await putPart(upload, 2, 10);
        const parts = await uploads.parts(upload.id);
        await putPart(upload, 2, 10, 'again');
        const missing = [...parts.slice(0, 1), { number: 3, size: 5, etag: 'etag-3' }];
        for (const wanted of [parts, missing])
          expect(await uploads.completeFile(upload, wanted, someConfirmation())).toBe('parts_changed');
        expect(await uploads.parts(upload.id)).toHaveLength(2);
        expect(await usage()).toEqual({ ...nothing, reservedBytes: 25, reservedObjects: 1 });
      });

      test('must be named to confirm the upload', async () => {
        const upload = await reserve(inParts);
        await putPart(upload, 1, 10);
        expect(await uploads.completeFile(upload, 'received', someConfirmation())).toBe('not_received');
        expect(await uploads.find(upload.id)).toEqual(upload);
      });

      test.each(['aborted', 'expired'])('of an upload that is %s are all released', async (how) => {
        const upload = await reserve({ ...inParts, expiresAt: now + 1 });
        const keys = [await putPart(upload, 1, 10), await putPart(upload, 2, 10)];
        if (how === 'expired')
          expect(await uploads.expire(now + 1, 10)).toEqual({ removed: 1, isDone: true });
        else expect(await uploads.abort(upload.id, now)).toBe('aborted');
        expect(await due(now + 1)).toEqual(keys.toSorted());
        expect(await uploads.parts(upload.id)).toEqual([]);
        expect([await usage(), await blobBytes()]).toEqual([nothing, 0]);
      });
    });

    describe('a direct key', () => {
      const ends = now + 500_000;

      test('belongs to its writers until it ends, and is then removed for the last time', async () => {
        const directKey = newHashId();
        await reserve({ directKey }, ends);
        expect(await removeDue(ends - 1)).toEqual([]);
        expect(await removeDue(ends)).toEqual([directKey]);
        expect(await stores.journal.count()).toBe(0);
      });

      test.each(['aborted', 'expired', 'confirmed'])(
        'of an upload that is %s is removed at once, and again when it ends, for what a late PUT brings',
        async (how) => {
          const directKey = newHashId();
          const upload = await reserve({ directKey, expiresAt: now + 1 }, ends);
          if (how === 'aborted') await uploads.abort(upload.id, now);
          if (how === 'expired') await uploads.expire(now + 1, 10);
          if (how === 'confirmed') {
            const own = newHashId();
            await stores.journal.reserve(own, now, leaseTime);
            await uploads.completeFile(upload, blobContent(own, 100), someConfirmation());
          }
          expect(await removeDue(now + 1)).toEqual([directKey]);
          expect(await removeDue(ends - 1)).toEqual([]);
          expect(await removeDue(ends)).toEqual([directKey]);
          expect(await stores.journal.count()).toBe(0);
        },
      );

      test('that is first swept after its end is removed once', async () => {
        const directKey = newHashId();
        const upload = await reserve({ directKey, expiresAt: now + 1 }, ends);
        await uploads.abort(upload.id, now);
        expect(await removeDue(ends)).toEqual([directKey]);
        expect(await stores.journal.count()).toBe(0);
      });

      test('keeps the blob store’s id of an upload in parts', async () => {
        const upload = await reserve({ directKey: newHashId(), partSize: 10 }, ends);
        expect(await uploads.setDirectUploadId(upload.id, 'id of the store')).toBe('recorded');
        expect(await uploads.find(upload.id)).toEqual({ ...upload, directUploadId: 'id of the store' });
        expect(await uploads.setDirectUploadId('unknown', 'another')).toBe('upload_gone');
        await uploads.abort(upload.id, now);
        const [claimed] = await stores.journal.claimDue(now, leaseTime, 10);
        expect(claimed).toMatchObject({ key: upload.directKey, directUploadId: 'id of the store' });
      });
    });

    describe('a direct confirmation', () => {
      const ends = now + 500_000;

      test('of a copy removes its journal entry, counts the stored bytes, and works once', async () => {
        const upload = await reserve({ directKey: newHashId() }, ends);
        // The server does not see these bytes arrive: they count from now on.
        expect(await blobBytes()).toBe(100);
        const keys = [newHashId(), newHashId()];
        for (const key of keys) await stores.journal.reserve(key, now, leaseTime);
        const made = await Promise.all(
          keys.map((key) => uploads.completeFile(upload, blobContent(key, 90), someConfirmation())),
        );
        expect(made).toEqual([expect.objectContaining({ id: upload.id, size: 90 }), 'upload_gone']);
        expect(await stores.objects.content(upload.id)).toEqual({ kind: 'blob', key: keys[0] ?? '' });
        expect([...(await stores.journal.known(keys))]).toEqual([keys[1] ?? '']);
        expect(await usage()).toEqual({ ...nothing, storedBytes: 90, storedObjects: 1 });
        expect(await blobBytes()).toBe(90);
      });

      test('of the direct key itself makes its blob the object', async () => {
        const directKey = newHashId();
        const upload = await reserve({ directKey, partSize: 10 }, ends);
        const object = await uploads.completeFile(upload, blobContent(directKey, 100), someConfirmation());
        expect(object).toMatchObject({ size: 100 });
        expect(await stores.objects.content(upload.id)).toEqual({ kind: 'blob', key: directKey });
        expect([await stores.journal.count(), await blobBytes()]).toEqual([0, 100]);
      });

      test('changes nothing and returns lease_lost for a claimed entry, upload_gone for a missing upload', async () => {
        const upload = await reserve({ directKey: newHashId(), expiresAt: now + 1 }, ends);
        const claimed = newHashId();
        await stores.journal.discard(claimed, now);
        const placed = blobContent(claimed, 100);
        expect(await uploads.completeFile(upload, placed, someConfirmation())).toBe('lease_lost');
        expect(await uploads.find(upload.id)).toEqual(upload);
        const own = newHashId();
        await stores.journal.reserve(own, now, leaseTime);
        const late = someConfirmation({ at: now + 1 });
        expect(await uploads.completeFile(upload, blobContent(own, 100), late)).toBe('upload_gone');
        expect([...(await stores.journal.known([own]))]).toEqual([own]);
        expect(await usage()).toEqual({ ...nothing, reservedBytes: 100, reservedObjects: 1 });
        expect(await blobBytes()).toBe(100);
        expect(await uploads.expire(now + 1, 10)).toEqual({ removed: 1, isDone: true });
        expect(await blobBytes()).toBe(0);
      });
    });
  });
}

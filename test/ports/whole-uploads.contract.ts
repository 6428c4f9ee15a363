import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { StoredObject } from '../../src/core/ports/buckets/object-store.ts';
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
  someDescription,
  someUpload,
  storeObject,
} from './some-object.ts';

const now = Date.UTC(2025, 2, 1);
const later = now + 60_000;
const nothing = { storedBytes: 0, storedObjects: 0, reservedBytes: 0, reservedObjects: 0 };

/** The contract of every upload store for uploads that arrive in one request. */
export function wholeUploadsContract(name: string, open: Open<ObjectStoreUnderTest>): void {
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

    async function reserve(given: Partial<StoredUpload> = {}) {
      const upload = someUpload(account, given);
      expect(await uploads.start(upload, noQuota)).toBe('within');
      return upload;
    }
    async function blob(size: number) {
      const key = newHashId();
      await stores.journal.reserve(key, now, leaseTime);
      return blobContent(key, size);
    }
    const keyOf = ({ content }: ReturnType<typeof blobContent>) =>
      content.kind === 'blob' ? content.key : '';
    const usage = () => stores.accounts.usage(account.id);
    const blobBytes = async () => (await stores.meter.usage()).blobBytes;
    const due = async (at = now) =>
      (await stores.journal.claimDue(at, 60_000, 100)).map(({ key }) => key).toSorted();

    test('an upload is found as it was reserved, expired or not', async () => {
      const upload = await reserve({
        isPublic: false,
        prefix: 'a',
        metadata: { a: ['b'] },
        tags: ['x'],
        objectExpiresAt: now + 7,
        route: 'images',
        expiresAt: now - 1,
      });
      expect(await uploads.find(upload.id)).toEqual(upload);
      expect(await uploads.find('unknown')).toBeUndefined();
      expect(await usage()).toEqual({ ...nothing, reservedBytes: 100, reservedObjects: 1 });
    });

    describe('a quota', () => {
      const quota = { maxStoredBytes: 250, maxObjects: 3 };

      test('counts stored and reserved bytes exactly', async () => {
        const stored = await storeObject(uploads, someDescription(account), inlineContent(100));
        expect(stored).toMatchObject({ size: 100 });
        expect(await uploads.start(someUpload(account), quota)).toBe('within');
        expect(await uploads.start(someUpload(account, { declaredSize: 51 }), quota)).toBe('bytes_exceeded');
        expect(await uploads.start(someUpload(account, { declaredSize: 50 }), quota)).toBe('within');
        expect(await uploads.start(someUpload(account, { declaredSize: 0 }), quota)).toBe('objects_exceeded');
        expect(await usage()).toEqual({
          storedBytes: 100,
          storedObjects: 1,
          reservedBytes: 150,
          reservedObjects: 2,
        });
      });

      test('that is exceeded accepts an empty upload, which stores no more bytes', async () => {
        await storeObject(uploads, someDescription(account), inlineContent(100));
        const lowered = { maxStoredBytes: 99, maxObjects: null };
        expect(await uploads.start(someUpload(account, { declaredSize: 0 }), lowered)).toBe('within');
        expect(await uploads.start(someUpload(account, { declaredSize: 1 }), lowered)).toBe('bytes_exceeded');
      });

      test('that is exceeded stores nothing, and creates no record for a blob', async () => {
        for (const [verdict, exceeded] of [
          ['bytes_exceeded', { maxStoredBytes: 99, maxObjects: null }],
          ['objects_exceeded', { maxStoredBytes: null, maxObjects: 0 }],
        ] as const) {
          const upload = someUpload(account, { directKey: newHashId() });
          expect(await uploads.start(upload, exceeded, later)).toBe(verdict);
          expect(await uploads.find(upload.id)).toBeUndefined();
          expect((await stores.journal.known([upload.directKey ?? ''])).size).toBe(0);
        }
        expect([await usage(), await blobBytes()]).toEqual([nothing, 0]);
      });

      test('accepts as many of a hundred concurrent reservations as there is room for', async () => {
        const given = { maxStoredBytes: 1050, maxObjects: null };
        const verdicts = await Promise.all(
          Array.from({ length: 100 }, () => uploads.start(someUpload(account), given)),
        );
        expect(verdicts.filter((verdict) => verdict === 'within')).toHaveLength(10);
        expect(await usage()).toEqual({ ...nothing, reservedBytes: 1000, reservedObjects: 10 });
      });

      test('is separate for each account', async () => {
        const other = someAccount();
        await stores.accounts.insert(other);
        expect(await uploads.start(someUpload(account, { declaredSize: 250 }), quota)).toBe('within');
        expect(await uploads.start(someUpload(other, { declaredSize: 250 }), quota)).toBe('within');
      });
    });

    describe('received bytes', () => {
      test('belong to the upload: their record leaves the journal', async () => {
        const upload = await reserve();
        const placed = await blob(100);
        expect(await uploads.receive(upload.id, placed, now)).toBe('received');
        expect(await uploads.find(upload.id)).toEqual({ ...upload, isReceived: true });
        expect(await stores.journal.count()).toBe(0);
        expect(await blobBytes()).toBe(100);
        expect(await usage()).toEqual({ ...nothing, reservedBytes: 100, reservedObjects: 1 });
      });

      test('replace earlier ones, in a blob or inline, and the earlier blob is removed', async () => {
        const upload = await reserve();
        const [first, second] = [await blob(100), await blob(100)];
        for (const placed of [first, second, inlineContent(100)])
          expect(await uploads.receive(upload.id, placed, now)).toBe('received');
        expect(await due()).toEqual([keyOf(first), keyOf(second)].toSorted());
        expect(await blobBytes()).toBe(0);
        expect((await uploads.find(upload.id))?.isText).toBe(true);
        await uploads.completeFile(upload, 'received', someConfirmation());
        expect(await stores.objects.content(upload.id)).toMatchObject({ kind: 'inline' });
      });

      test('are rejected if the upload has expired, to the millisecond, or does not exist', async () => {
        const upload = await reserve({ expiresAt: now });
        const placed = await blob(100);
        expect(await uploads.receive(upload.id, placed, now)).toBe('upload_gone');
        expect(await uploads.receive('unknown', placed, now)).toBe('upload_gone');
        expect(await uploads.find(upload.id)).toEqual(upload);
        expect((await stores.journal.known([keyOf(placed)])).size).toBe(1);
        expect(await uploads.receive(upload.id, placed, now - 1)).toBe('received');
      });

      test('are rejected if a sweep has claimed their record, and earlier ones stay', async () => {
        const upload = await reserve();
        const first = await blob(100);
        await uploads.receive(upload.id, first, now);
        const claimed = await blob(100);
        await due(later);
        expect(await uploads.receive(upload.id, claimed, now)).toBe('lease_lost');
        await uploads.completeFile(upload, 'received', someConfirmation());
        expect(await stores.objects.content(upload.id)).toEqual(first.content);
        expect(await blobBytes()).toBe(100);
      });
    });

    describe('a confirmation', () => {
      test('replaces the reservation by an object with the declared properties and the same id', async () => {
        const upload = await reserve({ metadata: { before: 1 }, tags: ['a'], prefix: 'p', isPublic: false });
        const placed = await blob(100);
        await uploads.receive(upload.id, placed, now, 'br');
        const confirmation = someConfirmation({ at: now + 5, expiresAt: now + 9, metadata: { after: 2 } });
        const object = await uploads.completeFile(upload, 'received', confirmation);
        const { bucketId, accountId, key, publicId, name: fileName, mediaType } = upload;
        expect(object).toEqual({
          ...{ id: upload.id, bucketId, accountId, key, publicId, name: fileName, mediaType },
          contentEncoding: 'br',
          ...{ isPublic: false, prefix: 'p', tags: ['a'], metadata: { after: 2 }, size: 100, isText: false },
          ...{
            etag: confirmation.etag,
            digest: null,
            createdAt: now + 5,
            updatedAt: now + 5,
            expiresAt: now + 9,
          },
          ...{ downloads: 0, lastDownloadAt: null, position: expect.any(String) },
        });
        expect(await stores.objects.find(bucketId, upload.id)).toEqual(object as StoredObject);
        expect(await stores.objects.content(upload.id)).toEqual(placed.content);
        expect(await uploads.find(upload.id)).toBeUndefined();
        expect(await usage()).toEqual({ ...nothing, storedBytes: 100, storedObjects: 1 });
        expect([await blobBytes(), await stores.journal.count()]).toEqual([100, 0]);
      });

      test('gives the object the current expiry of its account, or an earlier one', async () => {
        const ending = someAccount({ expiresAt: now + 1000 });
        await stores.accounts.insert(ending);
        for (const [expiresAt, expected] of [
          [null, now + 1000],
          [now + 999, now + 999],
          [now + 1001, now + 1000],
        ] as const) {
          const upload = someUpload(ending);
          await uploads.start(upload, noQuota);
          await uploads.receive(upload.id, inlineContent(100), now);
          const object = await uploads.completeFile(upload, 'received', someConfirmation({ expiresAt }));
          expect(object).toMatchObject({ expiresAt: expected });
          expect((await stores.objects.find(upload.bucketId, upload.id))?.expiresAt).toBe(expected);
        }
      });

      test('works once, also for ten concurrent calls', async () => {
        const upload = await reserve();
        await uploads.receive(upload.id, inlineContent(100), now);
        const outcomes = await Promise.all(
          Array.from({ length: 10 }, () => uploads.completeFile(upload, 'received', someConfirmation())),
        );
        expect(outcomes.filter((object) => typeof object === 'object')).toHaveLength(1);
        expect(await usage()).toEqual({ ...nothing, storedBytes: 100, storedObjects: 1 });
      });

      test('of an expired upload, or one without its bytes, creates nothing', async () => {
        const upload = await reserve({ expiresAt: now });
        expect(await uploads.completeFile(upload, 'received', someConfirmation({ at: now - 1 }))).toBe(
          'not_received',
        );
        await uploads.receive(upload.id, inlineContent(100), now - 1);
        expect(await uploads.completeFile(upload, 'received', someConfirmation({ at: now }))).toBe(
          'upload_gone',
        );
        expect(await usage()).toEqual({ ...nothing, reservedBytes: 100, reservedObjects: 1 });
        expect(
          await uploads.completeFile(upload, 'received', someConfirmation({ at: now - 1 })),
        ).toMatchObject({
          id: upload.id,
        });
      });

      test('creates the object if the webhook of its event was removed', async () => {
        const upload = await reserve();
        await uploads.receive(upload.id, inlineContent(100), now);
        const event = {
          id: 'e',
          webhookId: 'unknown',
          event: 'x',
          subject: null,
          body: '{}',
          createdAt: now,
        };
        expect(await uploads.completeFile(upload, 'received', someConfirmation(), event)).toMatchObject({
          id: upload.id,
        });
        expect(await usage()).toEqual({ ...nothing, storedBytes: 100, storedObjects: 1 });
      });
    });

    test('an aborted upload, expired or not, releases its reservation and its blob once', async () => {
      const upload = await reserve({ expiresAt: now });
      const placed = await blob(100);
      await uploads.receive(upload.id, placed, now - 1);
      const aborted = await Promise.all([uploads.abort(upload.id, now), uploads.abort(upload.id, now)]);
      expect(aborted).toEqual(['aborted', 'upload_gone']);
      expect(await uploads.find(upload.id)).toBeUndefined();
      expect(await due()).toEqual([keyOf(placed)]);
      expect([await usage(), await blobBytes()]).toEqual([nothing, 0]);
    });

    test('expired uploads are removed with their bytes, to the millisecond, the oldest first, up to a limit', async () => {
      const placed = await blob(100);
      const [oldest, received] = [await reserve({ expiresAt: now - 5 }), await reserve({ expiresAt: now })];
      const alive = await reserve({ expiresAt: now + 1 });
      await uploads.receive(received.id, placed, now - 1);
      expect(await uploads.earliestExpiry()).toBe(now - 5);
      expect(await uploads.expire(now, 1)).toMatchObject({ removed: 1 });
      expect(await uploads.find(oldest.id)).toBeUndefined();
      expect(await uploads.expire(now, 10)).toEqual({ removed: 1, isDone: true });
      expect(await uploads.expire(now, 10)).toEqual({ removed: 0, isDone: true });
      expect(await due()).toEqual([keyOf(placed)]);
      expect(await usage()).toEqual({ ...nothing, reservedBytes: 100, reservedObjects: 1 });
      expect(await uploads.earliestExpiry()).toBe(now + 1);
      await uploads.abort(alive.id, now);
      expect(await uploads.earliestExpiry()).toBeUndefined();
      expect([await usage(), await blobBytes()]).toEqual([nothing, 0]);
    });
  });
}

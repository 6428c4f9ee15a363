import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { PartLimits, UploadedPart } from '../../src/core/ports/files/upload-store.ts';
import { failureOf } from '../core/failure-of.ts';
import { bucketSceneOf, nothingHeld, now, type OpenBucketStores } from './bucket-scene.ts';
import { anyPart, directKeyEnds, multipartScene } from './multipart-scene.ts';
import { blobContent, bookingOf } from './some-object.ts';

/** The contract of every upload store for uploads whose parts the blob store collects itself. */
export function multipartDirectContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);
    const sizeReserved = async () => (await scene().usage()).reservedBytes;
    const newPart = (number: number, size: number): UploadedPart => ({ number, size, etag: newHashId() });

    describe('bookPart', () => {
      test('reserves the size of a part before the blob store gets it', async () => {
        const { stores, usage } = scene();
        const { id } = await multipartScene(scene()).startDirect();
        expect(await stores.uploads.bookPart(id, bookingOf({ number: 1, size: 100 }), now, anyPart)).toBe(
          'booked',
        );
        expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 100, reservedObjects: 1 });
        expect(await stores.uploads.find(id)).toMatchObject({ declaredSize: 100 });
        expect(await stores.uploads.parts(id)).toEqual([]);
      });

      test('reserves its size beside that of the earlier part until the new part is recorded', async () => {
        const { stores } = scene();
        const { startDirect, putDirectPart } = multipartScene(scene());
        const { id, ...upload } = await startDirect();
        await putDirectPart({ id, ...upload }, 1, 100);
        const part = newPart(1, 30);
        const booking = bookingOf(part);
        await stores.uploads.bookPart(id, booking, now, anyPart);
        expect(await sizeReserved()).toBe(130);
        expect(await stores.uploads.receivePart(id, { part, booking }, now)).toBe('received');
        expect(await sizeReserved()).toBe(30);
        expect(await stores.uploads.parts(id)).toEqual([{ ...part, key: '' }]);
        expect(await stores.uploads.find(id)).toMatchObject({ declaredSize: 30 });
      });

      test('can be undone with unbookPart', async () => {
        const { stores } = scene();
        const { startDirect, putDirectPart } = multipartScene(scene());
        const upload = await startDirect();
        const first = await putDirectPart(upload, 1, 100);
        const booking = bookingOf({ number: 1, size: 30 });
        await stores.uploads.bookPart(upload.id, booking, now, anyPart);
        await stores.uploads.unbookPart(upload.id, booking);
        await stores.uploads.unbookPart('unknown', bookingOf({ number: 1, size: 30 }));
        expect(await sizeReserved()).toBe(100);
        expect(await stores.uploads.parts(upload.id)).toEqual([{ ...first, key: '' }]);
      });

      test('reserves nothing if the object or the account would hold too much', async () => {
        const { stores } = scene();
        const { startDirect, putDirectPart } = multipartScene(scene());
        const upload = await startDirect();
        await putDirectPart(upload, 1, 100);
        const book = (limits: Partial<PartLimits>) =>
          stores.uploads.bookPart(upload.id, bookingOf({ number: 2, size: 96 }), now, {
            ...anyPart,
            ...limits,
          });
        expect(await book({ maxStoredBytes: 195 })).toBe('bytes_exceeded');
        expect(await book({ maxObjectBytes: 195 })).toBe('object_too_large');
        expect(await sizeReserved()).toBe(100);
        expect(await book({ maxStoredBytes: 196, maxObjectBytes: 196 })).toBe('booked');
        expect(await sizeReserved()).toBe(196);
      });

      test('returns upload_gone, like receivePart, if the upload is unknown or has expired, to the millisecond', async () => {
        const { stores, request } = scene();
        const { id } = await multipartScene(scene()).startDirect({ expiresAt: now + 5 });
        const [part, { seal, answer }] = [newPart(1, 10), await request<UploadedPart>()];
        const booking = bookingOf(part);
        for (const [uploadId, at] of [
          [id, now + 5],
          ['unknown', now],
        ] as const) {
          expect(await stores.uploads.bookPart(uploadId, booking, at, anyPart)).toBe('upload_gone');
          expect(await stores.uploads.receivePart(uploadId, { part, booking, seal }, at)).toBe('upload_gone');
        }
        expect([await sizeReserved(), await answer()]).toEqual([0, undefined]);
        expect(await stores.uploads.bookPart(id, booking, now + 4, anyPart)).toBe('booked');
        expect(await stores.uploads.receivePart(id, { part, booking, seal }, now + 4)).toBe('received');
        expect(await answer()).toEqual(part);
      });

      test('keeps its reservation if recording the part fails because the lease is lost', async () => {
        const { stores, request } = scene();
        const { id } = await multipartScene(scene()).startDirect();
        const [part, { lateSeal }] = [newPart(1, 10), await request<UploadedPart>()];
        const booking = bookingOf(part);
        await stores.uploads.bookPart(id, booking, now, anyPart);
        const late = () => stores.uploads.receivePart(id, { part, booking, seal: lateSeal }, now);
        expect((await failureOf(late)).code).toBe('store_away');
        expect(await stores.uploads.parts(id)).toEqual([]);
        expect(await sizeReserved()).toBe(10);
      });
    });

    describe('direct upload', () => {
      test('completes to the blob that the blob store assembled and removes its journal record', async () => {
        const { stores, usage, held, read } = scene();
        const { startDirect, putDirectPart, complete } = multipartScene(scene());
        const upload = await startDirect();
        const key = upload.directKey ?? '';
        await putDirectPart(upload, 1, 100);
        await putDirectPart(upload, 2, 20);
        const written = await complete(upload, { content: blobContent(key, 120) });
        expect(written).toMatchObject({ isNew: true, object: { size: 120, isText: false } });
        expect(await read(upload.key)).toMatchObject({ content: { kind: 'blob', key } });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 120, storedObjects: 1 });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 120 });
        expect((await stores.journal.known([key])).size).toBe(0);
        expect(await stores.uploads.find(upload.id)).toBeUndefined();
        expect(await stores.uploads.parts(upload.id)).toEqual([]);
      });

      test('is not completed if a sweep has claimed its key', async () => {
        const { stores, read } = scene();
        const { startDirect, putDirectPart, complete } = multipartScene(scene());
        const upload = await startDirect();
        const part = await putDirectPart(upload, 1, 100);
        await stores.journal.discard(upload.directKey ?? '', now);
        const content = blobContent(upload.directKey ?? '', 100);
        expect(await complete(upload, { content })).toBe('lease_lost');
        expect(await read(upload.key)).toBeUndefined();
        expect(await stores.uploads.parts(upload.id)).toEqual([{ ...part, key: '' }]);
        expect(await sizeReserved()).toBe(100);
      });

      test('makes its key due now and again when it ends after an abort, with the upload id of the blob store', async () => {
        const { stores, usage, due } = scene();
        const { startDirect, putDirectPart } = multipartScene(scene());
        const upload = await startDirect();
        await putDirectPart(upload, 1, 100);
        await stores.uploads.setDirectUploadId(upload.id, 'id of the blob store');
        expect(await stores.uploads.abort(upload.id, now)).toBe('aborted');
        expect(await usage()).toEqual(nothingHeld);
        const key = upload.directKey ?? '';
        const claimed = await stores.journal.claimDue(now, 1, 100_000);
        expect(claimed.filter((blob) => blob.key === key)).toMatchObject([
          { key, directUploadId: 'id of the blob store' },
        ]);
        await stores.journal.forget([{ key, attempts: 1 }], now);
        expect(await due([{ key }], directKeyEnds - 1)).toEqual([]);
        expect(await due([{ key }], directKeyEnds)).toEqual([key]);
      });
    });
  });
}

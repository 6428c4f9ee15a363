import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { PartLimits, StoredUpload, UploadedPart } from '../../src/core/ports/files/upload-store.ts';
import { failureOf } from '../core/failure-of.ts';
import { bucketSceneOf, nothingHeld, now, type OpenBucketStores } from './bucket-scene.ts';
import { anyPart, directKeyEnds, multipartScene, received } from './multipart-scene.ts';
import { inlineContent, noQuota } from './some-object.ts';

/** The contract of every upload store for starting an upload, receiving its parts and aborting it. */
export function multipartStoreContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);

    describe('start', () => {
      test('creates the upload and reserves one object and no bytes', async () => {
        const { stores, usage, held } = scene();
        const upload = multipartScene(scene()).uploadOf({
          ...{ key: 'a/b 😀', mediaType: 'video/mp4', contentEncoding: 'gzip', metadata: { a: 'b' } },
          ...{ objectTtl: 86_400_000, expiresAt: now + 86_400_000 },
        });
        await stores.uploads.start(upload, noQuota, directKeyEnds);
        expect(await stores.uploads.find(upload.id)).toEqual(upload);
        expect(await stores.uploads.parts(upload.id)).toEqual([]);
        expect(await usage()).toEqual({ ...nothingHeld, reservedObjects: 1 });
        expect(await held()).toEqual({ objectCount: 0, sizeBytes: 0 });
      });

      test('allows several uploads for a key that has an object', async () => {
        const { put, read, usage } = scene();
        await put('key');
        const { start } = multipartScene(scene());
        const [one, other] = [await start({ key: 'key' }), await start({ key: 'key' })];
        expect(one.id).not.toBe(other.id);
        expect(await usage()).toMatchObject({ storedObjects: 1, reservedObjects: 2 });
        expect(await read('key')).toBeDefined();
      });

      test('returns objects_exceeded and creates nothing if the stored and reserved objects are as many', async () => {
        const { stores, put, usage, request } = scene();
        const { uploadOf, start } = multipartScene(scene());
        await put('key');
        await start();
        const [upload, before, { seal, answer }] = [
          uploadOf({ directKey: newHashId() }),
          await usage(),
          await request<StoredUpload>(),
        ];
        const startWithin = (maxObjects: number) =>
          stores.uploads.start(upload, { ...noQuota, maxObjects }, directKeyEnds, seal);
        expect(await startWithin(2)).toBe('objects_exceeded');
        expect(await stores.uploads.find(upload.id)).toBeUndefined();
        expect((await stores.journal.known([upload.directKey ?? ''])).size).toBe(0);
        expect([await usage(), await answer()]).toEqual([before, undefined]);
        expect(await startWithin(3)).toBe('within');
      });

      test('records its direct key, which becomes due for deletion when writes to it end', async () => {
        const { due, stores } = scene();
        const { directKey } = await multipartScene(scene()).startDirect();
        const blob = { key: directKey ?? '' };
        expect(await due([blob], directKeyEnds - 1)).toEqual([]);
        expect(await due([blob], directKeyEnds)).toEqual([blob.key]);
        await stores.journal.forget([{ ...blob, attempts: 1 }], directKeyEnds);
        expect((await stores.journal.known([blob.key])).size).toBe(0);
      });

      test('stores the answer of an idempotent request, and changes nothing if the lease is lost', async () => {
        const { stores, usage, request } = scene();
        const { uploadOf } = multipartScene(scene());
        const [upload, { seal, lateSeal, answer }] = [uploadOf(), await request<StoredUpload>()];
        const start = (with_: typeof seal) => stores.uploads.start(upload, noQuota, directKeyEnds, with_);
        expect((await failureOf(() => start(lateSeal))).code).toBe('store_away');
        expect([await stores.uploads.find(upload.id), await usage()]).toEqual([undefined, nothingHeld]);
        await start(seal);
        expect(await answer()).toEqual(JSON.parse(JSON.stringify(upload)));
      });
    });

    describe('receivePart', () => {
      test('adds the part, reserves its size and removes the journal record of its blob', async () => {
        const { stores, usage } = scene();
        const { start, putPart } = multipartScene(scene());
        const upload = await start();
        const size = 3 * 1024 ** 3;
        const parts = [
          await putPart(upload, 10, 1),
          await putPart(upload, 2, size),
          await putPart(upload, 10_000, size),
        ] as const;
        const inOrder = [parts[1], parts[0], parts[2]];
        expect(await stores.uploads.parts(upload.id)).toEqual(received(inOrder));
        expect(await stores.uploads.find(upload.id)).toEqual({ ...upload, declaredSize: 2 * size + 1 });
        expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 2 * size + 1, reservedObjects: 1 });
        expect((await stores.journal.known(parts.map(({ blob }) => blob.key))).size).toBe(0);
      });

      test('replaces an earlier part, frees its blob and reserves the difference', async () => {
        const { stores, usage, due } = scene();
        const { start, putPart } = multipartScene(scene());
        const upload = await start();
        const first = await putPart(upload, 1, 100);
        const other = await putPart(upload, 2, 5);
        const second = await putPart(upload, 1, 30);
        expect(await stores.uploads.parts(upload.id)).toEqual(received([second, other]));
        expect(await usage()).toMatchObject({ reservedBytes: 35, reservedObjects: 1 });
        expect(await due([first.blob, other.blob, second.blob])).toEqual([first.blob.key]);
      });

      test('judges what the object and the account have beside the replaced part', async () => {
        const { stores, put, blob } = scene();
        const { start, putPart } = multipartScene(scene());
        await put('key', { placed: inlineContent(7) });
        const upload = await start();
        await putPart(upload, 1, 100);
        await putPart(upload, 2, 20);
        const receive = async (number: number, size: number, limits: Partial<PartLimits>) => {
          const part = { number, size, etag: newHashId() };
          const placed = await blob(size);
          return stores.uploads.receivePart(
            upload.id,
            { part, placed, limits: { ...anyPart, ...limits } },
            now,
          );
        };
        expect(await receive(2, 21, { maxObjectBytes: 120 })).toBe('object_too_large');
        expect(await receive(2, 21, { maxObjectBytes: 121 })).toBe('received');
        expect(await receive(3, 1, { maxStoredBytes: 128 })).toBe('bytes_exceeded');
        expect(await receive(3, 1, { maxStoredBytes: 129 })).toBe('received');
        // A part that replaces a larger one is within every quota.
        expect(await receive(1, 99, { maxStoredBytes: 1 })).toBe('received');
      });

      test('rejects inline content', async () => {
        const { stores } = scene();
        const { id } = await multipartScene(scene()).start();
        const part = { number: 1, size: 1, etag: newHashId() };
        const receiving = stores.uploads.receivePart(
          id,
          { part, placed: inlineContent(1), limits: anyPart },
          now,
        );
        await expect(receiving).rejects.toThrow();
      });

      test('keeps the earlier part if a limit refuses the new one or the lease is lost', async () => {
        const { stores, blob, usage, due, isWriters, request } = scene();
        const { start, putPart } = multipartScene(scene());
        const upload = await start();
        const first = await putPart(upload, 1, 100);
        const [placed, { seal, lateSeal, answer }] = [await blob(200), await request<UploadedPart>()];
        const part = { number: 1, size: 200, etag: newHashId() };
        const receive = (limits: PartLimits, with_ = seal) =>
          stores.uploads.receivePart(upload.id, { part, placed, limits, seal: with_ }, now);
        expect(await receive({ ...anyPart, maxStoredBytes: 199 })).toBe('bytes_exceeded');
        expect((await failureOf(() => receive(anyPart, lateSeal))).code).toBe('store_away');
        expect(await stores.uploads.parts(upload.id)).toEqual(received([first]));
        expect(await usage()).toMatchObject({ reservedBytes: 100 });
        expect([await due([first.blob, placed]), await isWriters(placed)]).toEqual([[], true]);
        expect(await answer()).toBeUndefined();
        expect(await receive({ ...anyPart, maxStoredBytes: 200 })).toBe('received');
        expect(await answer()).toEqual(part);
      });

      test('returns upload_gone if the upload is unknown or has expired, to the millisecond', async () => {
        const { stores, blob, usage, isWriters, request } = scene();
        const upload = await multipartScene(scene()).start({ expiresAt: now + 5 });
        const [placed, { seal, answer }] = [await blob(10), await request<UploadedPart>()];
        const part = { number: 1, size: 10, etag: newHashId() };
        const receive = (id: string, at: number) =>
          stores.uploads.receivePart(id, { part, placed, limits: anyPart, seal }, at);
        expect(await receive(upload.id, now + 5)).toBe('upload_gone');
        expect(await receive('unknown', now)).toBe('upload_gone');
        expect([await usage(), await answer()]).toEqual([{ ...nothingHeld, reservedObjects: 1 }, undefined]);
        expect(await isWriters(placed)).toBe(true);
        expect(await receive(upload.id, now + 4)).toBe('received');
      });

      test('returns lease_lost and keeps the earlier part if a sweep has claimed the blob’s record', async () => {
        const { stores, blob, usage, request } = scene();
        const { start, putPart } = multipartScene(scene());
        const upload = await start();
        const first = await putPart(upload, 1, 100);
        const [placed, { seal, answer }] = [await blob(10), await request<UploadedPart>()];
        await stores.journal.discard(placed.key, now);
        const part = { number: 1, size: 10, etag: newHashId() };
        const taken = await stores.uploads.receivePart(
          upload.id,
          { part, placed, limits: anyPart, seal },
          now,
        );
        expect(taken).toBe('lease_lost');
        expect(await stores.uploads.parts(upload.id)).toEqual(received([first]));
        expect([await usage(), await answer()]).toMatchObject([{ reservedBytes: 100 }, undefined]);
      });
    });

    describe('an upload', () => {
      test.each(['aborted', 'swept'])('that is %s frees its reservation and its blobs once', async (how) => {
        const { stores, usage, due, held } = scene();
        const { start, putPart } = multipartScene(scene());
        const upload = await start({ expiresAt: now + 5 });
        const blobs = [await putPart(upload, 1, 100), await putPart(upload, 2, 20)].map(({ blob }) => blob);
        if (how === 'swept') {
          while (!(await stores.uploads.expire(now + 4, 100)).isDone);
          expect(await stores.uploads.find(upload.id)).toBeDefined();
          while (!(await stores.uploads.expire(now + 5, 100)).isDone);
        } else expect(await stores.uploads.abort(upload.id, now + 5)).toBe('aborted');
        expect(await stores.uploads.abort(upload.id, now + 5)).toBe('upload_gone');
        expect(await stores.uploads.find(upload.id)).toBeUndefined();
        expect(await stores.uploads.parts(upload.id)).toEqual([]);
        expect(await usage()).toEqual(nothingHeld);
        expect(await due(blobs, now + 5)).toEqual(blobs.map(({ key }) => key));
        expect(await held()).toEqual({ objectCount: 0, sizeBytes: 0 });
      });

      test('that is aborted stores the answer of an idempotent request only if it existed', async () => {
        const { stores, request, usage } = scene();
        const { id } = await multipartScene(scene()).start();
        const { seal, lateSeal, answer } = await request<null>();
        expect(await stores.uploads.abort('unknown', now, seal)).toBe('upload_gone');
        expect(await answer()).toBeUndefined();
        const late = await failureOf(() => stores.uploads.abort(id, now, lateSeal));
        expect(late.code).toBe('store_away');
        expect(await usage()).toMatchObject({ reservedObjects: 1 });
        expect(await stores.uploads.abort(id, now, seal)).toBe('aborted');
        expect(await answer()).toBeNull();
      });
    });
  });
}

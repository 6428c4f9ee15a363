import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { Written } from '../../src/core/ports/buckets/object-writes.ts';
import { failureOf } from '../core/failure-of.ts';
import {
  bucketSceneOf,
  newObject,
  nothingHeld,
  now,
  type OpenBucketStores,
  writeOptions,
} from './bucket-scene.ts';
import { multipartScene, named, received } from './multipart-scene.ts';
import { inlineContent } from './some-object.ts';

/** The contract of every upload store for completing an upload. */
export function multipartCompletionContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);

    /** An upload to the key `key` with parts 1 to 3. */
    async function uploadInParts() {
      const { start, putPart } = multipartScene(scene());
      const upload = await start({ key: 'key', expiresAt: now + 1000 });
      const parts = [
        await putPart(upload, 1, 50),
        await putPart(upload, 2, 70),
        await putPart(upload, 3, 8),
      ] as const;
      return { upload, parts };
    }
    const complete = (...given: Parameters<ReturnType<typeof multipartScene>['complete']>) =>
      multipartScene(scene()).complete(...given);

    describe('complete', () => {
      test('creates the object from its parts in order and turns the reservation into usage', async () => {
        const { stores, bucket, read, usage, held } = scene();
        const { upload, parts } = await uploadInParts();
        expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 128, reservedObjects: 1 });
        const object = {
          ...{ mediaType: 'video/mp4', contentEncoding: 'zstd' as const, metadata: { a: 'b' } },
          ...{ etag: newHashId(), expiresAt: now + 9000 },
        };
        const expected = { ...object, key: 'key', size: 128, bucketId: bucket.id, createdAt: now + 5 };
        expect(await complete(upload, { object, at: now + 5 })).toMatchObject({
          ...{ isNew: true, object: { ...expected, updatedAt: now + 5, publicId: null, downloads: 0 } },
        });
        const content = parts.map(({ blob, size }) => ({ key: blob.key, size }));
        expect(await read('key')).toMatchObject({
          object: expected,
          content: { kind: 'parts', parts: content },
        });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 128, storedObjects: 1 });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 128 });
        expect(await stores.uploads.find(upload.id)).toBeUndefined();
        expect((await stores.journal.known(parts.map(({ blob }) => blob.key))).size).toBe(0);
      });

      test('frees the parts that are not listed', async () => {
        const { read, usage, due } = scene();
        const { upload, parts } = await uploadInParts();
        const [one, two, three] = parts;
        expect(await complete(upload, { content: named([one, three]) })).toMatchObject({
          object: { size: 58 },
        });
        const content = [one, three].map(({ blob, size }) => ({ key: blob.key, size }));
        expect(await read('key')).toMatchObject({ content: { kind: 'parts', parts: content } });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 58, storedObjects: 1 });
        expect(await due(parts.map(({ blob }) => blob))).toEqual([two.blob.key]);
      });

      test('removes the upload, so that a second completion returns upload_gone', async () => {
        const { usage } = scene();
        const { upload, parts } = await uploadInParts();
        const content = named([...parts]);
        expect(await complete(upload, { content })).toMatchObject({ isNew: true });
        expect(await complete(upload, { content })).toBe('upload_gone');
        expect(await scene().stores.uploads.abort(upload.id, now)).toBe('upload_gone');
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 128, storedObjects: 1 });
      });

      test('returns upload_gone if the upload is unknown, was aborted or has expired, to the millisecond', async () => {
        const { stores, usage, read, request } = scene();
        const { upload, parts } = await uploadInParts();
        const [content, { seal, answer }] = [named([...parts]), await request<Written>()];
        const unknown = { ...upload, id: 'unknown' };
        expect(await complete(upload, { content, seal, at: now + 1000 })).toBe('upload_gone');
        expect(await complete(unknown, { content, seal })).toBe('upload_gone');
        expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 128, reservedObjects: 1 });
        await stores.uploads.abort(upload.id, now);
        expect(await complete(upload, { content, seal })).toBe('upload_gone');
        expect([await usage(), await read('key'), await answer()]).toEqual([
          nothingHeld,
          undefined,
          undefined,
        ]);
      });

      test('succeeds until the last millisecond of the upload', async () => {
        const { upload } = await uploadInParts();
        expect(await complete(upload, { at: now + 999 })).toMatchObject({ isNew: true });
      });

      test('returns parts_changed and changes nothing if a part was replaced or is missing', async () => {
        const { stores, usage, read, due, addReceiver, request } = scene();
        const { upload, parts } = await uploadInParts();
        const again = await multipartScene(scene()).putPart(upload, 2, 70);
        const [receiver, { seal, answer }] = [await addReceiver(), await request<Written>()];
        const [one, two, three] = named([...parts]);
        if (!one || !two || !three) throw new Error('three parts are needed');
        for (const content of [
          [one, two, three],
          [one, { ...three, number: 4 }],
        ])
          expect(await complete(upload, { content, seal })).toBe('parts_changed');
        expect(await read('key')).toBeUndefined();
        expect(await stores.uploads.parts(upload.id)).toEqual(received([parts[0], again, parts[2]]));
        expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 128, reservedObjects: 1 });
        expect(await due([...parts, again].map(({ blob }) => blob))).toEqual([parts[1].blob.key]);
        expect([await receiver.events(), await answer()]).toEqual([[], undefined]);
        expect(await complete(upload)).toMatchObject({ isNew: true });
      });

      test('adds the events of the expired object, the upload and the object in this order', async () => {
        const { bucket, put, addReceiver } = scene();
        await put('key', { expiresAt: now });
        const { receive } = await addReceiver();
        const { upload } = await uploadInParts();
        await complete(upload);
        const received = await receive();
        const events = ['object.expired', 'upload.completed', 'object.created'];
        const subject = `${bucket.name}/key`;
        expect(received.map((each) => [each.event, each.subject])).toEqual(
          events.map((event) => [event, subject]),
        );
        expect(JSON.parse(received[1]?.body ?? '')).toMatchObject({
          data: { uploadId: upload.id, key: 'key' },
        });
      });

      test('stores the answer of an idempotent request, and changes nothing if the lease is lost', async () => {
        const { stores, usage, read, due, addReceiver, request } = scene();
        const { upload, parts } = await uploadInParts();
        const { seal, lateSeal, answer } = await request<Written>();
        const receiver = await addReceiver();
        const two = named(parts.slice(0, 2));
        const late = await failureOf(() => complete(upload, { content: two, seal: lateSeal }));
        expect(late.code).toBe('store_away');
        expect(await read('key')).toBeUndefined();
        expect(await stores.uploads.parts(upload.id)).toEqual(received([...parts]));
        expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 128, reservedObjects: 1 });
        expect([await due(parts.map(({ blob }) => blob)), await receiver.events()]).toEqual([[], []]);
        const written = await complete(upload, { content: two, seal });
        expect(await answer()).toEqual(JSON.parse(JSON.stringify(written)));
      });
    });

    describe('complete for a key that has an object', () => {
      test('replaces the object, frees its bytes and keeps its creation time', async () => {
        const { put, blob, usage, held, due } = scene();
        const placed = await blob(1000);
        await put('key', { placed });
        const first = await uploadInParts();
        expect(await complete(first.upload, { at: now + 5 })).toMatchObject({
          ...{ isNew: false, object: { createdAt: now, updatedAt: now + 5 } },
        });
        const second = await uploadInParts();
        expect(await complete(second.upload)).toMatchObject({ isNew: false });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 128, storedObjects: 1 });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 128 });
        const blobs = [placed, ...[...first.parts, ...second.parts].map((part) => part.blob)];
        const replaced = [placed, ...first.parts.map((part) => part.blob)];
        expect(await due(blobs, now + 5)).toEqual(replaced.map(({ key }) => key));
      });

      test('is rejected if its condition fails, and keeps the upload', async () => {
        const { stores, putObject, read, usage, addReceiver } = scene();
        const object = await putObject('key', { placed: inlineContent(3) });
        const { upload, parts } = await uploadInParts();
        const { events } = await addReceiver();
        for (const conditions of [{ ifNoneMatch: '*' as const }, { ifMatch: [newHashId()] }]) {
          const failure = await failureOf(() => complete(upload, conditions));
          expect(failure.code).toBe('precondition_failed');
        }
        expect(await read('key')).toMatchObject({ object });
        expect(await stores.uploads.parts(upload.id)).toEqual(received([...parts]));
        expect(await usage()).toEqual({
          ...{ storedBytes: 3, storedObjects: 1, reservedBytes: 128, reservedObjects: 1 },
        });
        expect(await events()).toEqual([]);
        expect(await complete(upload, { ifMatch: [object.etag] })).toMatchObject({ isNew: false });
      });

      test('is passed to admit', async () => {
        const { stores, bucket, putObject } = scene();
        const { id } = await putObject('key', { placed: inlineContent(3) });
        const { upload, parts } = await uploadInParts();
        const found: (string | undefined)[] = [];
        const object = newObject({ bucket, id: upload.id, key: 'key' });
        await stores.uploads.completeObject(upload.id, object, named([...parts]), {
          ...writeOptions<Written>(),
          admit: (current) => void found.push(current?.id),
        });
        expect(found).toEqual([id]);
      });
    });
  });
}

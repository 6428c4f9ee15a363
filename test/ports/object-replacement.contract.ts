import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { StoredObject } from '../../src/core/ports/buckets/object-store.ts';
import type { Written } from '../../src/core/ports/buckets/object-writes.ts';
import { failureOf } from '../core/failure-of.ts';
import {
  bucketSceneOf,
  newObject,
  nothingHeld,
  now,
  type OpenBucketStores,
  objectOf,
  writeOptions,
} from './bucket-scene.ts';
import { multipartScene } from './multipart-scene.ts';
import { inlineContent, noQuota, textOf } from './some-object.ts';

/** The contract of object writes for a put that replaces an object. */
export function objectReplacementContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);

    test('a replacement keeps the creation time and nothing else of the old object', async () => {
      const { putObject, put, read, stores, bucket } = scene();
      const first = await putObject('key', {
        ...{ mediaType: 'image/png', contentEncoding: 'gzip', digest: 'old', metadata: { old: 'yes' } },
        expiresAt: now + 1000,
      });
      const written = await put('key', { at: now + 5, placed: inlineContent(3) });
      expect(written).toMatchObject({ isNew: false });
      const { object, content } = (await read('key')) ?? {};
      expect(object).toMatchObject({
        ...{ mediaType: 'text/plain', contentEncoding: null, digest: null, expiresAt: null, size: 3 },
        ...{ createdAt: now, updatedAt: now + 5, etag: objectOf(written)?.etag, id: objectOf(written)?.id },
      });
      expect(object?.metadata ?? {}).toEqual({});
      expect(textOf(content)).toBe('xxx');
      expect(await stores.objects.find(bucket.id, first.id)).toBeUndefined();
      expect(await stores.objects.content(first.id)).toBeUndefined();
    });

    test('a put over an expired object creates a new object, to the millisecond', async () => {
      const { put } = scene();
      await put('expired', { expiresAt: now + 5 });
      expect(await put('expired', { at: now + 5 })).toMatchObject({
        ...{ isNew: true, object: { createdAt: now + 5, updatedAt: now + 5 } },
      });
      await put('alive', { expiresAt: now + 6 });
      expect(await put('alive', { at: now + 5 })).toMatchObject({ isNew: false, object: { createdAt: now } });
    });

    test('read never returns an outdated object', async () => {
      const { stores, bucket, putObject } = scene();
      const first = await putObject('key');
      expect((await stores.objects.read(bucket.id, 'key'))?.object.etag).toBe(first.etag);
      const second = await putObject('key');
      expect((await stores.objects.read(bucket.id, 'key'))?.object.etag).toBe(second.etag);
    });

    describe('the replaced object', () => {
      test('frees its bytes, blob and parts, and usage changes by the difference', async () => {
        const { put, blob, usage, held, due } = scene();
        const { start, putPart, completeObject } = multipartScene(scene());
        const upload = await start({ key: 'key' });
        const parts = [await putPart(upload, 1, 50), await putPart(upload, 2, 8)];
        await completeObject(upload);
        const [first, second] = [await blob(1000), await blob(10)];
        for (const [placed, size] of [
          [first, 1000],
          [second, 10],
          [inlineContent(7), 7],
          [inlineContent(70), 70],
        ] as const) {
          expect(await put('key', { placed })).toMatchObject({ isNew: false });
          expect(await usage()).toEqual({ ...nothingHeld, storedBytes: size, storedObjects: 1 });
          expect(await held()).toEqual({ objectCount: 1, sizeBytes: size });
        }
        const blobs = [...parts.map((part) => part.blob), first, second];
        expect(await due(blobs)).toEqual(blobs.map(({ key }) => key));
      });

      test('has its blob due for deletion from the time of the replacement', async () => {
        const { put, blob, due } = scene();
        const placed = await blob(10);
        await put('key', { placed });
        await put('key', { at: now + 1000 });
        expect(await due([placed], now + 999)).toEqual([]);
        expect(await due([placed], now + 1000)).toEqual([placed.key]);
      });

      test('is passed to admit unless it has expired', async () => {
        const { stores, bucket, putObject } = scene();
        const alive = await putObject('alive', { expiresAt: now + 1 });
        await putObject('expired', { expiresAt: now });
        const found: (StoredObject | undefined)[] = [];
        for (const key of ['alive', 'expired'])
          await stores.objectWrites.put(newObject({ bucket, key }), inlineContent(10), noQuota, {
            ...writeOptions(),
            admit: (current) => void found.push(current),
          });
        expect(found[0]).toMatchObject({ id: alive.id, etag: alive.etag, size: 10 });
        expect(found[1]).toBeUndefined();
      });

      test('frees its quota for the new object, expired or not', async () => {
        const { put, usage } = scene();
        const quota = { maxStoredBytes: 100, maxObjects: 1 };
        await put('key', { placed: inlineContent(100), expiresAt: now + 1, ...quota });
        await put('key', { placed: inlineContent(99), at: now, ...quota });
        const tooLarge = () => put('key', { placed: inlineContent(101), ...quota });
        expect((await failureOf(tooLarge)).code).toBe('bytes_exceeded');
        await put('key', { placed: inlineContent(99), expiresAt: now, ...quota });
        await put('key', { placed: inlineContent(100), at: now, ...quota });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 100, storedObjects: 1 });
      });

      test('stays, with its blob, if the put is rejected or its lease is lost', async () => {
        const { putObject, put, blob, read, usage, due, isWriters, request } = scene();
        const [old, young, { lateSeal }] = [await blob(100), await blob(10), await request<Written>()];
        const object = await putObject('key', { placed: old, metadata: { a: 'b' } });
        for (const terms of [{ ifNoneMatch: '*' as const }, { seal: lateSeal }]) {
          await failureOf(() => put('key', { placed: young, ...terms }));
          expect(await read('key')).toMatchObject({ object, content: { kind: 'blob', key: old.key } });
        }
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 100, storedObjects: 1 });
        expect([await due([old, young]), await isWriters(young)]).toEqual([[], true]);
      });
    });

    describe('conditional put', () => {
      test('with If-Match replaces only the object with that ETag', async () => {
        const { putObject, put } = scene();
        const { etag } = await putObject('key');
        const other = () => put('key', { ifMatch: [newHashId()] });
        expect((await failureOf(other)).code).toBe('precondition_failed');
        const written = await put('key', { ifMatch: [newHashId(), etag] });
        expect(written).toMatchObject({ isNew: false });
        expect((await failureOf(() => put('key', { ifMatch: [etag] }))).code).toBe('precondition_failed');
        expect(await put('key', { ifMatch: '*' })).toMatchObject({ isNew: false });
      });

      test('with If-None-Match: * replaces only an expired object', async () => {
        const { put } = scene();
        await put('key', { expiresAt: now + 5 });
        const early = () => put('key', { ifNoneMatch: '*', at: now + 4 });
        expect((await failureOf(early)).code).toBe('precondition_failed');
        expect(await put('key', { ifNoneMatch: '*', at: now + 5 })).toMatchObject({ isNew: true });
      });

      test('with the ETag of an expired object is rejected', async () => {
        const { putObject, put } = scene();
        const { etag } = await putObject('key', { expiresAt: now });
        for (const ifMatch of ['*' as const, [etag]])
          expect((await failureOf(() => put('key', { ifMatch }))).code).toBe('precondition_failed');
      });
    });
  });
}

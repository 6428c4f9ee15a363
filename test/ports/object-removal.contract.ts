import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import { failureOf } from '../core/failure-of.ts';
import {
  batchOptions,
  bucketSceneOf,
  nothingHeld,
  now,
  type OpenBucketStores,
  removalOptions,
} from './bucket-scene.ts';
import { multipartScene } from './multipart-scene.ts';
import { inlineContent } from './some-object.ts';

/** The contract of object writes for deleting one object and many. */
export function objectRemovalContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);

    /** A delete as the core calls it: it fails if there is no object. */
    function remove(key: string, terms: Parameters<typeof removalOptions>[0] = {}): Promise<void> {
      const { stores, bucket } = scene();
      return stores.objectWrites.remove(bucket, key, terms.at ?? now, removalOptions(terms));
    }
    const codeOf = async (work: () => Promise<unknown>) => (await failureOf(work)).code;

    describe('remove', () => {
      test('deletes the object and frees its bytes and blob once', async () => {
        const { put, blob, read, usage, held, due } = scene();
        const placed = await blob(1000);
        await put('key', { placed });
        await put('other', { placed: inlineContent(5) });
        await remove('key');
        expect(await read('key')).toBeUndefined();
        expect(await codeOf(() => remove('key'))).toBe('not_found');
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 5, storedObjects: 1 });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 5 });
        expect(await due([placed])).toEqual([placed.key]);
      });

      test('frees all parts of a multipart object', async () => {
        const { usage, due } = scene();
        const { start, putPart, completeObject } = multipartScene(scene());
        const upload = await start({ key: 'key' });
        const blobs = [await putPart(upload, 1, 50), await putPart(upload, 2, 8)].map((part) => part.blob);
        await completeObject(upload);
        await remove('key');
        expect(await usage()).toEqual(nothingHeld);
        expect(await due(blobs)).toEqual(blobs.map(({ key }) => key));
      });

      test('matches bucket and key exactly', async () => {
        const { put, insertBucket, read } = scene();
        const other = await insertBucket();
        await put('key', { bucket: other });
        await put('é');
        for (const key of ['key', 'e\u0301', 'unknown'])
          expect(await codeOf(() => remove(key))).toBe('not_found');
        expect(await read('key', other)).toBeDefined();
        expect(await read('é')).toBeDefined();
      });

      test('passes no current object to admit if it has expired, to the millisecond', async () => {
        const { put, usage } = scene();
        await put('key', { expiresAt: now + 5 });
        expect(await codeOf(() => remove('key', { at: now + 5 }))).toBe('not_found');
        expect(await usage()).toMatchObject({ storedBytes: 10, storedObjects: 1 });
        await remove('key', { at: now + 4 });
        expect(await usage()).toEqual(nothingHeld);
      });

      test('with If-Match deletes only the object with that ETag', async () => {
        const { putObject, read } = scene();
        const { etag } = await putObject('key');
        expect(await codeOf(() => remove('key', { ifMatch: [newHashId()] }))).toBe('precondition_failed');
        expect(await read('key')).toBeDefined();
        await remove('key', { ifMatch: [etag] });
        expect(await read('key')).toBeUndefined();
      });

      test('passes the object to admit, and changes nothing if that throws', async () => {
        const { stores, bucket, putObject, blob, read, due, addReceiver } = scene();
        const [placed, receiver] = [await blob(30), await addReceiver(['object.deleted'])];
        const object = await putObject('key', { placed });
        const refusal = new Error('refused');
        const removal = stores.objectWrites.remove(bucket, 'key', now, {
          ...removalOptions(),
          admit: (current) => {
            expect(current).toMatchObject({ id: object.id, size: 30 });
            throw refusal;
          },
        });
        await expect(removal).rejects.toBe(refusal);
        expect(await read('key')).toBeDefined();
        expect([await due([placed]), await receiver.events()]).toEqual([[], []]);
      });

      test('stores the answer of an idempotent request, and changes nothing if the lease is lost', async () => {
        const { put, read, blob, due, addReceiver, request } = scene();
        const [placed, { seal, lateSeal, answer }] = [await blob(10), await request<null>()];
        await put('key', { placed });
        const receiver = await addReceiver();
        expect(await codeOf(() => remove('key', { seal: lateSeal }))).toBe('store_away');
        expect(await read('key')).toBeDefined();
        expect([await due([placed]), await receiver.events()]).toEqual([[], []]);
        expect(await codeOf(() => remove('unknown', { seal }))).toBe('not_found');
        expect(await answer()).toBeUndefined();
        await remove('key', { seal });
        expect(await answer()).toBeNull();
      });
    });

    describe('removeMany', () => {
      const removeMany = (keys: string[], at = now) => {
        const { stores, bucket } = scene();
        return stores.objectWrites.removeMany(bucket, keys, at, batchOptions(at));
      };

      test('deletes the objects that exist and returns their keys', async () => {
        const { put, read, blob, due, usage, held, insertBucket } = scene();
        const other = await insertBucket();
        const placed = await blob(1000);
        await put('a', { placed });
        for (const key of ['b/c', 'é', 'stays']) await put(key);
        await put('a', { bucket: other });
        const removed = await removeMany(['é', 'unknown', 'a', 'e\u0301', 'b/c']);
        expect(removed.toSorted()).toEqual(['a', 'b/c', 'é']);
        expect(await removeMany(['a', 'b/c', 'é'])).toEqual([]);
        expect(await removeMany([])).toEqual([]);
        expect([await read('a'), await read('b/c')]).toEqual([undefined, undefined]);
        expect(await due([placed])).toEqual([placed.key]);
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 10 });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 20, storedObjects: 2 });
      });

      test('deletes expired objects without returning their keys', async () => {
        const { put, usage, addReceiver } = scene();
        await put('expired', { expiresAt: now + 5 });
        await put('alive', { expiresAt: now + 6 });
        const receiver = await addReceiver();
        expect(await removeMany(['alive', 'expired'], now + 5)).toEqual(['alive']);
        expect(await usage()).toEqual(nothingHeld);
        expect((await receiver.events()).toSorted()).toEqual(['object.deleted', 'object.expired']);
      });

      test('rejects like remove if the bucket is gone, and writes nothing', async () => {
        const { stores, bucketOf, request } = scene();
        const { seal, answer } = await request<null>();
        const gone = bucketOf();
        const removal = () =>
          stores.objectWrites.remove(gone, 'key', now, {
            ...removalOptions({ seal }),
            admit: () => undefined,
          });
        expect(await codeOf(removal)).toBe('bucket_not_found');
        const removalOfMany = () => stores.objectWrites.removeMany(gone, ['key'], now, batchOptions());
        expect(await codeOf(removalOfMany)).toBe('bucket_not_found');
        expect(await answer()).toBeUndefined();
      });

      test('deletes a thousand objects in one call', async () => {
        const { put, usage } = scene();
        const keys = Array.from({ length: 1000 }, (_, index) => `key ${index}`);
        for (let start = 0; start < keys.length; start += 50)
          await Promise.all(keys.slice(start, start + 50).map((key) => put(key)));
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 10_000, storedObjects: 1000 });
        expect((await removeMany(keys.toReversed())).toSorted()).toEqual(keys.toSorted());
        expect(await usage()).toEqual(nothingHeld);
      });

      test('is atomic, and stores the answer of an idempotent request', async () => {
        const { stores, bucket, put, usage, request, addReceiver } = scene();
        const { seal, lateSeal, answer } = await request<string[]>();
        await put('a');
        await put('b');
        const [before, receiver] = [await usage(), await addReceiver()];
        const keys = ['a', 'unknown', 'b'];
        const late = { ...batchOptions(), seal: lateSeal };
        expect(await codeOf(() => stores.objectWrites.removeMany(bucket, keys, now, late))).toBe(
          'store_away',
        );
        expect([await usage(), await receiver.events()]).toEqual([before, []]);
        const removed = await stores.objectWrites.removeMany(bucket, keys, now, { ...batchOptions(), seal });
        expect(await answer()).toEqual(removed);
        expect(removed.toSorted()).toEqual(['a', 'b']);
      });
    });
  });
}

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
import { inlineContent, noQuota, someUpload, textOf } from './some-object.ts';

/** The contract of object writes for a put under an unused key. */
export function objectWritesContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);

    describe('put under an unused key', () => {
      test('creates the object with the given properties', async () => {
        const { stores, account, bucket } = scene();
        const object = newObject({
          ...{ bucket, key: 'photos/2025/büro 😀.jpg', mediaType: 'image/jpeg', contentEncoding: 'br' },
          ...{ metadata: { author: 'Ada “A.” Lovelace\\', empty: '' }, digest: 'c2hhMjU2' },
          ...{ at: now + 7, expiresAt: now + 1000 },
        });
        const written = await stores.objectWrites.put(object, inlineContent(10), noQuota, writeOptions());
        const { id, key, mediaType, contentEncoding, metadata, digest, etag, expiresAt } = object;
        const expected = {
          ...{ id, key, mediaType, contentEncoding, metadata, digest, etag, expiresAt },
          ...{ bucketId: bucket.id, accountId: account.id, publicId: null, isPublic: false },
          ...{ size: 10, isText: true, createdAt: now + 7, updatedAt: now + 7 },
          ...{ downloads: 0, lastDownloadAt: null },
        };
        expect(written).toMatchObject({ isNew: true, object: expected });
        if (typeof written === 'string') throw new Error(`the object was not stored: ${written}`);
        const found = await stores.objects.read(bucket.id, key);
        expect(found).toMatchObject({ object: expected });
        expect(textOf(found?.content)).toBe('xxxxxxxxxx');
        expect(found?.object).toEqual(written.object);
        expect(await stores.objects.findByKey(bucket.id, key)).toEqual(written.object);
        expect(await stores.objects.find(bucket.id, id)).toEqual(written.object);
      });

      test('leaves properties unset that are not given', async () => {
        const { putObject, read } = scene();
        await putObject('plain');
        const found = (await read('plain'))?.object;
        expect(found).toMatchObject({ contentEncoding: null, digest: null, expiresAt: null, tags: null });
        expect(found?.metadata ?? {}).toEqual({});
      });

      test('stores binary and empty inline content', async () => {
        const { put, read } = scene();
        const data = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        await put('bytes', { placed: { content: { kind: 'inline', data }, size: 256, isText: false } });
        const bytes = await read('bytes');
        expect(bytes?.object).toMatchObject({ size: 256, isText: false });
        expect(bytes?.content.kind === 'inline' && Buffer.from(bytes.content.data).equals(data)).toBe(true);
        for (const [key, nothing] of [
          ['no text', ''],
          ['no bytes', new Uint8Array(0)],
        ] as const) {
          await put(key, { placed: { content: { kind: 'inline', data: nothing }, size: 0, isText: true } });
          const { content } = (await read(key)) ?? {};
          expect(content?.kind === 'inline' && content.data.length).toBe(0);
        }
      });

      test('removes the journal record of its blob and updates the usage', async () => {
        const { put, read, blob, stores, usage, held } = scene();
        const size = 5 * 1024 ** 3;
        const placed = await blob(size);
        expect(await put('large', { placed })).toMatchObject({ object: { size, isText: false } });
        expect(await read('large')).toMatchObject({ content: { kind: 'blob', key: placed.key } });
        expect((await stores.journal.known([placed.key])).size).toBe(0);
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: size, storedObjects: 1 });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: size });
      });

      test('distinguishes keys by bytes, and the same key in two buckets', async () => {
        const { put, read, insertBucket, held } = scene();
        const other = await insertBucket();
        const keys = [
          'key',
          'Key',
          'key ',
          'é',
          'e\u0301',
          'key/',
          'k'.repeat(1024),
          '\u{1f600}'.repeat(256),
        ];
        for (const [index, key] of keys.entries()) {
          await put(key, { metadata: { index: String(index) } });
          await put(key, { bucket: other, metadata: { index: 'other' } });
        }
        for (const [index, key] of keys.entries())
          expect((await read(key))?.object).toMatchObject({ key, metadata: { index: String(index) } });
        expect(await held()).toMatchObject({ objectCount: keys.length });
        expect(await read('KEY')).toBeUndefined();
      });

      test('assigns each object a position of its own', async () => {
        const { putObject } = scene();
        const positions = [await putObject('b'), await putObject('a'), await putObject('b')].map(
          ({ position }) => position,
        );
        expect(new Set(positions).size).toBe(3);
      });
    });

    describe('admit', () => {
      test('receives nothing if the key is unused', async () => {
        const { stores, bucket } = scene();
        const found: unknown[] = [];
        await stores.objectWrites.put(newObject({ bucket, key: 'key' }), inlineContent(10), noQuota, {
          ...writeOptions(),
          admit: (current) => void found.push(current),
        });
        expect(found).toEqual([undefined]);
      });

      test('undoes object, usage, events, answer and the blob’s publication if it throws', async () => {
        const { stores, bucket, blob, read, usage, held, addReceiver, request, isWriters } = scene();
        const [placed, receiver, { seal, answer }] = [
          await blob(10),
          await addReceiver(),
          await request<Written>(),
        ];
        const refusal = new Error('refused');
        const put = stores.objectWrites.put(newObject({ bucket, key: 'key' }), placed, noQuota, {
          ...writeOptions({ seal }),
          admit: () => {
            throw refusal;
          },
        });
        await expect(put).rejects.toBe(refusal);
        expect(await read('key')).toBeUndefined();
        expect(await usage()).toEqual(nothingHeld);
        expect(await held()).toEqual({ objectCount: 0, sizeBytes: 0 });
        expect([await receiver.events(), await answer()]).toEqual([[], undefined]);
        expect(await isWriters(placed)).toBe(true);
      });

      test('enforces the quota of bytes and objects exactly', async () => {
        const { put, usage } = scene();
        const quota = { maxStoredBytes: 100, maxObjects: 2 };
        await put('first', { placed: inlineContent(60), ...quota });
        const tooMany = () => put('second', { placed: inlineContent(41), ...quota });
        expect((await failureOf(tooMany)).code).toBe('bytes_exceeded');
        await put('second', { placed: inlineContent(40), ...quota });
        const third = () => put('third', { placed: inlineContent(0), ...quota });
        expect((await failureOf(third)).code).toBe('objects_exceeded');
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 100, storedObjects: 2 });
      });

      test('counts what the account stores in all its buckets and has reserved', async () => {
        const { stores, account, bucket, put, insertBucket } = scene();
        await put('other', { placed: inlineContent(30) });
        await put('other', { bucket: await insertBucket(), placed: inlineContent(4) });
        await stores.uploads.start(someUpload(account, { declaredSize: 100 }), noQuota);
        const put10 = (maxStoredBytes: number | null, maxObjects: number | null) => {
          const quota = { maxStoredBytes, maxObjects };
          const object = newObject({ bucket, key: 'key' });
          return stores.objectWrites.put(object, inlineContent(10), quota, writeOptions());
        };
        expect(await put10(143, null)).toBe('bytes_exceeded');
        expect(await put10(null, 3)).toBe('objects_exceeded');
        expect(await put10(144, 4)).toMatchObject({ isNew: true });
      });

      test('rejects If-Match and accepts If-None-Match if there is no object', async () => {
        const { put, read } = scene();
        for (const ifMatch of ['*' as const, [newHashId()]])
          expect((await failureOf(() => put('key', { ifMatch }))).code).toBe('precondition_failed');
        expect(await read('key')).toBeUndefined();
        expect(await put('key', { ifNoneMatch: '*' })).toMatchObject({ isNew: true });
      });
    });

    describe('put of a blob whose journal record is gone', () => {
      test('returns lease_lost and changes nothing after a sweep has claimed the record', async () => {
        const { stores, put, putObject, read, blob, usage, addReceiver, request } = scene();
        const before = await putObject('taken', { placed: inlineContent(3) });
        const [receiver, { seal, answer }] = [await addReceiver(), await request<Written>()];
        const placed = await blob(10);
        await stores.journal.discard(placed.key, now);
        for (const key of ['taken', 'free']) expect(await put(key, { placed, seal })).toBe('lease_lost');
        expect(await read('taken')).toMatchObject({ object: before });
        expect(await read('free')).toBeUndefined();
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 3, storedObjects: 1 });
        expect([await receiver.events(), await answer()]).toEqual([[], undefined]);
      });

      test('returns lease_lost if there never was a record', async () => {
        const { put, read } = scene();
        const content = { kind: 'blob' as const, key: newHashId() };
        expect(await put('key', { placed: { content, size: 10, isText: false } })).toBe('lease_lost');
        expect(await read('key')).toBeUndefined();
      });
    });

    describe('put with an idempotency key', () => {
      test('stores the result as the answer', async () => {
        const { put, request } = scene();
        const { seal, answer } = await request<Written>();
        const written = await put('key', { seal });
        expect(await answer()).toEqual(JSON.parse(JSON.stringify(written)));
      });

      test('changes nothing if the attempt has lost its lease', async () => {
        const { put, read, blob, usage, held, addReceiver, request, isWriters } = scene();
        const [placed, receiver, { lateSeal }] = [
          await blob(10),
          await addReceiver(),
          await request<Written>(),
        ];
        const late = await failureOf(() => put('key', { placed, seal: lateSeal }));
        expect(late.code).toBe('store_away');
        expect(await read('key')).toBeUndefined();
        expect(await usage()).toEqual(nothingHeld);
        expect(await held()).toEqual({ objectCount: 0, sizeBytes: 0 });
        expect([await receiver.events(), await isWriters(placed)]).toEqual([[], true]);
      });
    });
  });
}

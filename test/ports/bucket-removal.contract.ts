import { describe, expect, test } from 'bun:test';
import { eventsAbout } from '../../src/core/buckets/object-events.ts';
import { failureOf } from '../core/failure-of.ts';
import { bucketSceneOf, nothingHeld, now, type OpenBucketStores } from './bucket-scene.ts';
import { directKeyEnds, multipartScene } from './multipart-scene.ts';
import { inlineContent, noQuota } from './some-object.ts';

const expiredEvents = eventsAbout(now, 'object.expired');

/** The contract of every bucket store for clearing and deleting buckets. */
export function bucketRemovalContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);

    /** A bucket with two expired objects (three blobs) and an unfinished upload of one part (a fourth blob). */
    async function fillWithLeftovers() {
      const { put, blob } = scene();
      const { start, putPart, completeObject } = multipartScene(scene());
      const whole = await blob(1000);
      await put('whole', { placed: whole, expiresAt: now });
      const inParts = await start({ key: 'in parts' });
      const parts = [await putPart(inParts, 1, 20), await putPart(inParts, 2, 3)];
      await completeObject(inParts, { object: { expiresAt: now - 1 } });
      const unfinished = await start({ key: 'unfinished' });
      const part = await putPart(unfinished, 1, 7);
      return { unfinished, blobs: [whole, ...parts.map(({ blob }) => blob), part.blob] };
    }
    const keysOf = (blobs: { key: string }[]) => blobs.map(({ key }) => key);

    describe('remove', () => {
      test('frees the name of an empty bucket for any account', async () => {
        const { stores, bucket, bucketOf, insertAccount } = scene();
        expect(await stores.buckets.remove(bucket.id, now, expiredEvents)).toBe('removed');
        expect(await stores.buckets.find(bucket.name)).toBeUndefined();
        expect(await stores.buckets.usage(bucket.id, now)).toBeUndefined();
        expect(await stores.buckets.list(bucket.accountId, '', now, 10)).toEqual([]);
        const other = await insertAccount();
        const next = bucketOf({ accountId: other.id, name: bucket.name });
        expect(await stores.buckets.insert(next, 1000)).toBe('inserted');
        expect(await stores.buckets.find(bucket.name)).toEqual(next);
      });

      test('removes expired objects and unfinished uploads with the bucket, including usage, blobs and events', async () => {
        const { stores, bucket, usage, due, addReceiver, read } = scene();
        const { unfinished, blobs } = await fillWithLeftovers();
        const receiver = await addReceiver();
        expect(await usage()).toEqual({
          ...{ storedBytes: 1023, storedObjects: 2 },
          ...{ reservedBytes: 7, reservedObjects: 1 },
        });
        expect(await stores.buckets.remove(bucket.id, now, expiredEvents)).toBe('removed');
        expect(await usage()).toEqual(nothingHeld);
        expect(await due(blobs)).toEqual(keysOf(blobs));
        expect(await stores.uploads.find(unfinished.id)).toBeUndefined();
        expect(await stores.uploads.parts(unfinished.id)).toEqual([]);
        expect(await read('whole')).toBeUndefined();
        const events = (await receiver.receive()).map(({ event, subject }) => [event, subject]);
        expect(events.toSorted()).toEqual([
          ['object.expired', `${bucket.name}/in parts`],
          ['object.expired', `${bucket.name}/whole`],
        ]);
      });

      test('makes the key of a direct upload due now and again when it ends', async () => {
        const { stores, bucket, due } = scene();
        const { directKey } = await multipartScene(scene()).startDirect();
        const blob = { key: directKey ?? '' };
        await stores.buckets.remove(bucket.id, now, expiredEvents);
        expect(await due([blob])).toEqual([blob.key]);
        await stores.journal.forget([{ ...blob, attempts: 1 }], now);
        expect(await due([blob], directKeyEnds - 1)).toEqual([]);
        expect(await due([blob], directKeyEnds)).toEqual([blob.key]);
      });

      test('returns not_empty and changes nothing if an object has not expired, to the millisecond', async () => {
        const { stores, bucket, put, usage, due, addReceiver, request } = scene();
        const { unfinished, blobs } = await fillWithLeftovers();
        await put('alive', { expiresAt: now + 1 });
        const [before, receiver, { seal, answer }] = [
          await usage(),
          await addReceiver(),
          await request<null>(),
        ];
        expect(await stores.buckets.remove(bucket.id, now, expiredEvents, seal)).toBe('not_empty');
        expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
        expect(await stores.uploads.find(unfinished.id)).toBeDefined();
        expect(await usage()).toEqual(before);
        expect([await due(blobs), await receiver.events()]).toEqual([[], []]);
        expect(await answer()).toBeUndefined();
        expect(await stores.buckets.remove(bucket.id, now + 1, expiredEvents)).toBe('removed');
      });

      test('returns gone for a bucket that was removed, is unknown or has no name', async () => {
        const { stores, account, bucket, request } = scene();
        const { seal, answer } = await request<null>();
        await stores.buckets.remove(bucket.id, now, expiredEvents);
        for (const id of [bucket.id, 'unknown', account.filesBucketId])
          expect(await stores.buckets.remove(id, now, expiredEvents, seal)).toBe('gone');
        expect(await answer()).toBeUndefined();
      });

      test('stores the answer of an idempotent request, and changes nothing if the lease is lost', async () => {
        const { stores, bucket, usage, due, addReceiver, request } = scene();
        const { blobs } = await fillWithLeftovers();
        const [before, receiver, { seal, lateSeal, answer }] = [
          await usage(),
          await addReceiver(),
          await request<null>(),
        ];
        const late = await failureOf(() => stores.buckets.remove(bucket.id, now, expiredEvents, lateSeal));
        expect(late.code).toBe('store_away');
        expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
        expect([await usage(), await due(blobs), await receiver.events()]).toEqual([before, [], []]);
        expect(await stores.buckets.remove(bucket.id, now, expiredEvents, seal)).toBe('removed');
        expect(await answer()).toBeNull();
      });

      test('makes later writes to the bucket fail', async () => {
        const { stores, bucket, blob, put, isWriters, usage } = scene();
        const { uploadOf, start, putPart, complete } = multipartScene(scene());
        const upload = await start();
        const parts = [await putPart(upload, 1, 5)].map(({ blob: _, ...part }) => part);
        await stores.buckets.remove(bucket.id, now, expiredEvents);
        const placed = await blob(10);
        for (const content of [placed, inlineContent(10)])
          expect((await failureOf(() => put('key', { placed: content }))).code).toBe('bucket_not_found');
        expect(await isWriters(placed)).toBe(true);
        const begin = () => stores.uploads.start(uploadOf(), noQuota, directKeyEnds);
        expect((await failureOf(begin)).code).toBe('bucket_not_found');
        // The upload was removed with its bucket.
        expect(await complete(upload, { content: parts })).toBe('upload_gone');
        expect(await usage()).toEqual(nothingHeld);
      });
    });

    describe('clear', () => {
      test('removes expired objects and unfinished uploads up to a limit, and keeps the bucket', async () => {
        const { stores, bucket, usage, due, addReceiver } = scene();
        const [{ unfinished, blobs }, receiver] = [await fillWithLeftovers(), await addReceiver()];
        const clear = (limit: number) => stores.buckets.clear(bucket.id, now, limit, expiredEvents);
        expect([await clear(2), await clear(2), await clear(2)]).toEqual([2, 1, 0]);
        expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
        expect(await stores.uploads.find(unfinished.id)).toBeUndefined();
        expect(await usage()).toEqual(nothingHeld);
        expect(await due(blobs)).toEqual(keysOf(blobs));
        expect((await receiver.events()).filter((event) => event === 'object.expired')).toHaveLength(2);
      });

      test('removes nothing if an object has not expired or the bucket is unknown', async () => {
        const { stores, bucket, put, usage, due } = scene();
        const { blobs } = await fillWithLeftovers();
        await put('alive', { expiresAt: now + 1 });
        const before = await usage();
        for (const id of [bucket.id, 'unknown'])
          expect(await stores.buckets.clear(id, now, 100, expiredEvents)).toBe(0);
        expect([await usage(), await due(blobs)]).toEqual([before, []]);
      });

      test('does not touch other buckets of the account', async () => {
        const { stores, bucket, insertBucket, put, held } = scene();
        const other = await insertBucket();
        await put('expired', { expiresAt: now });
        await put('expired', { bucket: other, expiresAt: now });
        expect(await stores.buckets.clear(bucket.id, now, 100, expiredEvents)).toBe(1);
        expect(await held(other, now - 1)).toEqual({ objectCount: 1, sizeBytes: 10 });
      });
    });
  });
}

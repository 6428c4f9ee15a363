import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import { type BucketStores, bucketSceneOf, nothingHeld, now, type OpenBucketStores } from './bucket-scene.ts';
import { anyPart, directKeyEnds, multipartScene } from './multipart-scene.ts';
import { callers, forEachCaller, race, raceWithRefusals, times } from './race.ts';
import { bookingOf, inlineContent, noQuota } from './some-object.ts';

/** The contract of every upload store for uploads and parts that arrive concurrently. */
export function multipartPartRacesContract(
  name: string,
  open: OpenBucketStores,
  connectionCount: number,
): void {
  describe(name, () => {
    const scene = bucketSceneOf(open, connectionCount);

    test('16 starts never exceed the quota', async () => {
      const { connections, put, usage } = scene();
      const { uploadOf } = multipartScene(scene());
      await put('key', { placed: inlineContent(0) });
      const values = await race(connections, ({ uploads }) =>
        uploads.start(uploadOf(), { ...noQuota, maxObjects: 6 }, directKeyEnds),
      );
      expect(values.filter((value) => value === 'within')).toHaveLength(5);
      expect(values.filter((value) => value === 'objects_exceeded')).toHaveLength(callers - 5);
      expect(await usage()).toEqual({ ...nothingHeld, storedObjects: 1, reservedObjects: 5 });
    });

    describe('16 parts', () => {
      test('with one number all succeed: one remains, and only its size is reserved', async () => {
        const { connections, stores, blob, usage, due } = scene();
        const { id } = await multipartScene(scene()).start();
        const blobs = await forEachCaller((caller) => blob(100 + caller));
        const values = await race(connections, ({ uploads }, caller) => {
          const placed = blobs[caller] ?? inlineContent(0);
          const part = { number: 1, size: placed.size, etag: `etag ${caller}` };
          return uploads.receivePart(id, { part, placed, limits: anyPart }, now);
        });
        expect(values).toEqual(times(callers, 'received'));
        const [part, ...others] = await stores.uploads.parts(id);
        expect(others).toEqual([]);
        const stays = blobs.findIndex(({ size }) => size === part?.size);
        expect(part).toEqual({
          ...{ number: 1, size: 100 + stays, etag: `etag ${stays}` },
          key: blobs[stays]?.key ?? '',
        });
        expect(await stores.uploads.find(id)).toMatchObject({ declaredSize: 100 + stays });
        expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 100 + stays, reservedObjects: 1 });
        expect(await due(blobs)).toEqual(blobs.filter((_, n) => n !== stays).map(({ key }) => key));
      });

      test.each(['received here', 'booked'])('that are %s never exceed the quota', async (how) => {
        const { connections, stores, blob, usage } = scene();
        const { id } = await multipartScene(scene()).start();
        const blobs = await forEachCaller(() => blob(100));
        const limits = { ...anyPart, maxStoredBytes: 550 };
        const values = await race<BucketStores, string>(connections, ({ uploads }, caller) => {
          const part = { number: caller + 1, size: 100, etag: newHashId() };
          if (how === 'booked') return uploads.bookPart(id, bookingOf(part), now, limits);
          return uploads.receivePart(id, { part, placed: blobs[caller] ?? inlineContent(0), limits }, now);
        });
        const taken = how === 'booked' ? how : 'received';
        expect(values.filter((value) => value === taken)).toHaveLength(5);
        expect(values.filter((value) => value === 'bytes_exceeded')).toHaveLength(callers - 5);
        expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 500, reservedObjects: 1 });
        expect(await stores.uploads.parts(id)).toHaveLength(how === 'booked' ? 0 : 5);
      });

      test('never exceed the maximum object size', async () => {
        const { connections, stores, blob } = scene();
        const { id } = await multipartScene(scene()).start();
        const blobs = await forEachCaller(() => blob(100));
        const limits = { ...anyPart, maxObjectBytes: 550 };
        const values = await race(connections, ({ uploads }, caller) => {
          const part = { number: caller + 1, size: 100, etag: newHashId() };
          return uploads.receivePart(id, { part, placed: blobs[caller] ?? inlineContent(0), limits }, now);
        });
        expect(values.filter((value) => value === 'received')).toHaveLength(5);
        expect(values.filter((value) => value === 'object_too_large')).toHaveLength(callers - 5);
        expect(await stores.uploads.find(id)).toMatchObject({ declaredSize: 500 });
      });

      test('concurrent with puts of the account never exceed its quota', async () => {
        const { connections, blob, put, usage } = scene();
        const { id } = await multipartScene(scene()).start();
        const blobs = await forEachCaller(() => blob(100));
        await raceWithRefusals<BucketStores, unknown>(connections, (via, caller) => {
          const part = { number: caller + 1, size: 100, etag: newHashId() };
          const placed = blobs[caller] ?? inlineContent(0);
          return caller % 2 === 0
            ? via.uploads.receivePart(id, { part, placed, limits: { ...anyPart, maxStoredBytes: 550 } }, now)
            : put(`key ${caller}`, { via, placed, maxStoredBytes: 550 });
        });
        const { storedBytes, reservedBytes } = await usage();
        expect(storedBytes + reservedBytes).toBe(500);
      });
    });

    test('16 booked parts of one number reserve the size of the one that remains', async () => {
      const { connections, stores, usage } = scene();
      const { id } = await multipartScene(scene()).startDirect();
      await race(connections, async ({ uploads }, caller) => {
        const part = { number: 1, size: 100 + caller, etag: newHashId() };
        const booking = bookingOf(part);
        await uploads.bookPart(id, booking, now, anyPart);
        await uploads.receivePart(id, { part, booking }, now);
      });
      const parts = await stores.uploads.parts(id);
      expect(parts).toHaveLength(1);
      const size = parts[0]?.size ?? 0;
      expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: size, reservedObjects: 1 });
      expect(await stores.uploads.find(id)).toMatchObject({ declaredSize: size });
    });

    test('undoing bookings does not affect concurrent bookings', async () => {
      const { connections, stores, usage } = scene();
      const { id } = await multipartScene(scene()).startDirect();
      await race(connections, async ({ uploads }, caller) => {
        const part = { number: caller + 1, size: 10 + caller, etag: newHashId() };
        const booking = bookingOf(part);
        await uploads.bookPart(id, booking, now, anyPart);
        if (caller % 2 === 0) await uploads.unbookPart(id, booking);
        else await uploads.receivePart(id, { part, booking }, now);
      });
      const sizes = (await stores.uploads.parts(id)).map(({ size }) => size);
      expect(sizes).toEqual([11, 13, 15, 17, 19, 21, 23, 25]);
      expect(await usage()).toEqual({ ...nothingHeld, reservedBytes: 144, reservedObjects: 1 });
    });
  });
}

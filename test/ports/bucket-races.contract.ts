import { describe, expect, test } from 'bun:test';
import { eventsAbout } from '../../src/core/buckets/object-events.ts';
import { type BucketStores, bucketSceneOf, nothingHeld, now, type OpenBucketStores } from './bucket-scene.ts';
import { directKeyEnds, multipartScene } from './multipart-scene.ts';
import { callers, forEachCaller, race, raceWithRefusals, times } from './race.ts';
import { noQuota } from './some-object.ts';

const expiredEvents = eventsAbout(now, 'object.expired');

/** The contract of every bucket store for concurrent calls. */
export function bucketRacesContract(name: string, open: OpenBucketStores, connectionCount: number): void {
  describe(name, () => {
    const scene = bucketSceneOf(open, connectionCount);

    test('16 inserts of one name create one bucket', async () => {
      const { connections, stores, account, bucket, bucketOf } = scene();
      const wanted = await forEachCaller(async () => bucketOf({ name: `${bucket.name}-new` }));
      const values = await race(connections, async ({ buckets }, caller) => {
        const candidate = wanted[caller] ?? bucketOf();
        return (await buckets.insert(candidate, 1000)) === 'inserted' ? candidate : undefined;
      });
      const made = values.filter((candidate) => candidate !== undefined);
      expect(made).toHaveLength(1);
      expect(await stores.buckets.find(`${bucket.name}-new`)).toEqual(made[0]);
      expect(await stores.buckets.list(account.id, '', now, 100)).toHaveLength(2);
    });

    test('16 inserts never exceed the limit of the account', async () => {
      const { connections, stores, account, bucketOf } = scene();
      const values = await race(connections, ({ buckets }) => buckets.insert(bucketOf(), 6));
      // The scene created the first one.
      expect(values.toSorted()).toEqual([
        ...times(5, 'inserted' as const),
        ...times(callers - 5, 'limit_reached' as const),
      ]);
      expect(await stores.buckets.list(account.id, '', now, 100)).toHaveLength(6);
    });

    test('16 updates of different properties lose no change', async () => {
      const { connections, stores, bucket } = scene();
      await race(connections, ({ buckets }, caller) =>
        buckets.update(bucket.id, caller % 2 === 0 ? { isPublic: true } : { defaultTtl: 5000 }, now),
      );
      expect(await stores.buckets.find(bucket.name)).toEqual({
        ...bucket,
        isPublic: true,
        defaultTtl: 5000,
      });
    });

    test('16 removals remove the bucket once and add one event per expired object', async () => {
      const { connections, bucket, put, blob, usage, due, addReceiver } = scene();
      const placed = await blob(100);
      await put('blob', { placed, expiresAt: now });
      await put('inline', { expiresAt: now });
      const { events } = await addReceiver();
      const values = await race(connections, ({ buckets }) => buckets.remove(bucket.id, now, expiredEvents));
      expect(values.toSorted()).toEqual([...times(callers - 1, 'gone' as const), 'removed']);
      expect(await events()).toEqual(['object.expired', 'object.expired']);
      expect(await usage()).toEqual(nothingHeld);
      expect(await due([placed])).toEqual([placed.key]);
    });

    test.each(['puts', 'removals'])(
      'a removed bucket never contains an object that was put concurrently (%s first)',
      async (first) => {
        const { connections, stores, bucket, put, usage, held } = scene();
        const isPut = (caller: number) => (caller % 2 === 0) === (first === 'puts');
        const { values, refusals } = await raceWithRefusals<(typeof connections)[number], unknown>(
          connections,
          (via, caller) =>
            isPut(caller) ? put(`key ${caller}`, { via }) : via.buckets.remove(bucket.id, now, expiredEvents),
        );
        const puts = values.filter((value) => typeof value === 'object').length;
        if (values.includes('removed')) {
          expect(puts).toBe(0);
          expect(refusals).toEqual(times(callers / 2, 'bucket_not_found'));
          expect(await stores.buckets.find(bucket.name)).toBeUndefined();
          expect(await usage()).toEqual(nothingHeld);
        } else {
          expect([puts, refusals]).toEqual([callers / 2, []]);
          expect(values.filter((value) => value === 'not_empty')).toHaveLength(callers / 2);
          expect(await held()).toEqual({ objectCount: puts, sizeBytes: puts * 10 });
        }
      },
    );

    test.each(['starts', 'removals'])(
      'no upload or reservation that starts concurrently outlives a removed bucket (%s first)',
      async (first) => {
        const { connections, stores, bucket, usage } = scene();
        const { uploadOf } = multipartScene(scene());
        const uploads = await forEachCaller(async (caller) => uploadOf({ key: `key ${caller}` }));
        const isStart = (caller: number) => (caller % 2 === 0) === (first === 'starts');
        await raceWithRefusals<(typeof connections)[number], unknown>(connections, (via, caller) =>
          isStart(caller)
            ? via.uploads.start(uploads[caller] ?? uploadOf(), noQuota, directKeyEnds)
            : via.buckets.remove(bucket.id, now, expiredEvents),
        );
        expect(await stores.buckets.find(bucket.name)).toBeUndefined();
        for (const { id } of uploads) expect(await stores.uploads.find(id)).toBeUndefined();
        expect(await usage()).toEqual(nothingHeld);
      },
    );

    test('a removed bucket never contains an object that was completed concurrently', async () => {
      const { connections, stores, bucket, usage, held, due } = scene();
      const { start, putPart, complete } = multipartScene(scene());
      const uploads = await forEachCaller((caller) => start({ key: `key ${caller}` }));
      const parts = [];
      for (const upload of uploads) parts.push(await putPart(upload, 1, 10));
      const named = parts.map(({ blob: _, ...part }) => part);
      const { values } = await raceWithRefusals<(typeof connections)[number], unknown>(
        connections,
        (via, caller) => {
          const [upload, part] = [uploads[caller], named[caller]];
          return caller % 2 === 0 && upload && part
            ? complete(upload, { content: [part], via })
            : via.buckets.remove(bucket.id, now, expiredEvents);
        },
      );
      const made = values.filter((value) => typeof value === 'object').length;
      if (values.includes('removed')) {
        expect(made).toBe(0);
        expect(await usage()).toEqual(nothingHeld);
        expect(await due(parts.map(({ blob }) => blob))).toHaveLength(callers);
      } else {
        expect(made).toBe(callers / 2);
        expect(await held()).toEqual({ objectCount: made, sizeBytes: made * 10 });
        expect(await usage()).toMatchObject({ storedBytes: made * 10, reservedBytes: made * 10 });
        expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
      }
    });

    test('clearing a bucket concurrently with the sweep adds one event per object', async () => {
      const { connections, stores, bucket, put, usage, addReceiver } = scene();
      for (let index = 0; index < 40; index += 1) await put(`key ${index}`, { expiresAt: now });
      const { events } = await addReceiver();
      await race<BucketStores, unknown>(connections, ({ buckets, objects }, caller) =>
        caller % 2 === 0
          ? buckets.clear(bucket.id, now, 7, expiredEvents)
          : objects.expire(now, 7, expiredEvents),
      );
      while ((await stores.buckets.clear(bucket.id, now, 7, expiredEvents)) > 0);
      expect(await events()).toEqual(times(40, 'object.expired'));
      expect(await usage()).toEqual(nothingHeld);
    });
  });
}

import { describe, expect, test } from 'bun:test';
import type { Written } from '../../src/core/ports/buckets/object-writes.ts';
import type { LeaseLost } from '../../src/core/ports/content/content.ts';
import type { Swept } from '../../src/core/ports/swept.ts';
import {
  type BucketStores,
  batchOptions,
  bucketSceneOf,
  nothingHeld,
  now,
  type OpenBucketStores,
  removalOptions,
} from './bucket-scene.ts';
import { callers, forEachCaller, race, raceWithRefusals, times } from './race.ts';
import { inlineContent } from './some-object.ts';

/** The contract of object writes for deletes that run concurrently with other writes. */
export function objectRemovalRacesContract(
  name: string,
  open: OpenBucketStores,
  connectionCount: number,
): void {
  describe(name, () => {
    const scene = bucketSceneOf(open, connectionCount);
    const removeVia = async (via: BucketStores, terms: Parameters<typeof removalOptions>[0] = {}) => {
      await via.objectWrites.remove(scene().bucket, 'key', now, removalOptions(terms));
      return 'removed' as const;
    };

    test('16 deletes delete the object once', async () => {
      const { connections, put, blob, usage, held, due, addReceiver } = scene();
      const placed = await blob(100);
      await put('key', { placed });
      const { events } = await addReceiver();
      const { values, refusals } = await raceWithRefusals(connections, (via) => removeVia(via));
      expect(values).toEqual(['removed']);
      expect(refusals).toEqual(times(callers - 1, 'not_found'));
      expect(await events()).toEqual(['object.deleted']);
      expect(await usage()).toEqual(nothingHeld);
      expect(await held()).toEqual({ objectCount: 0, sizeBytes: 0 });
      expect(await due([placed])).toEqual([placed.key]);
    });

    test.each(['puts', 'removals'])(
      'puts and deletes of one key lose nothing and count nothing twice (%s first)',
      async (first) => {
        const { connections, put, blob, read, usage, held, due, addReceiver } = scene();
        const blobs = await forEachCaller((caller) => blob(100 + caller));
        const { events } = await addReceiver();
        const isPut = (caller: number) => (caller % 2 === 0) === (first === 'puts');
        const { values } = await raceWithRefusals<BucketStores, Written | 'removed' | LeaseLost>(
          connections,
          (via, caller) =>
            isPut(caller) ? put('key', { via, placed: blobs[caller] ?? inlineContent(0) }) : removeVia(via),
        );
        const removed = values.filter((value) => value === 'removed').length;
        const puts = values.filter((value) => typeof value === 'object');
        expect(puts).toHaveLength(callers / 2);
        const left = await read('key');
        // Every created object was deleted once or still exists.
        expect(puts.filter(({ isNew }) => isNew)).toHaveLength(removed + (left ? 1 : 0));
        const shown = left?.content.kind === 'blob' ? left.content.key : undefined;
        const written = blobs.filter((_, caller) => isPut(caller));
        const released = written.map(({ key }) => key).filter((key) => key !== shown);
        expect(await due(written)).toEqual(released);
        expect(await held()).toEqual({ objectCount: left ? 1 : 0, sizeBytes: left?.object.size ?? 0 });
        expect(await usage()).toMatchObject({ storedBytes: left?.object.size ?? 0 });
        expect((await events()).filter((event) => event === 'object.deleted')).toHaveLength(removed);
      },
    );

    test.each(['replacements', 'removals'])(
      'of replacements and deletes with the same If-Match exactly one succeeds (%s first)',
      async (first) => {
        const { connections, put, putObject, read, usage, addReceiver } = scene();
        const { etag } = await putObject('key', { placed: inlineContent(3) });
        const { events } = await addReceiver();
        const isPut = (caller: number) => (caller % 2 === 0) === (first === 'replacements');
        const { values, refusals } = await raceWithRefusals<BucketStores, Written | 'removed' | LeaseLost>(
          connections,
          (via, caller) =>
            isPut(caller) ? put('key', { via, ifMatch: [etag] }) : removeVia(via, { ifMatch: [etag] }),
        );
        expect(values).toHaveLength(1);
        expect(refusals).toHaveLength(callers - 1);
        const isRemoved = values[0] === 'removed';
        expect((await read('key')) === undefined).toBe(isRemoved);
        expect(await usage()).toMatchObject({ storedBytes: isRemoved ? 0 : 10 });
        expect(await events()).toEqual([isRemoved ? 'object.deleted' : 'object.created']);
      },
    );

    test('16 batch deletes in opposite orders delete each key once', async () => {
      const { connections, bucket, put, usage, held, addReceiver } = scene();
      const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`);
      await Promise.all(keys.map((key) => put(key)));
      const { events } = await addReceiver();
      const { values, refusals } = await raceWithRefusals(connections, ({ objectWrites }, caller) => {
        // Two transactions that lock the same rows in opposite orders can deadlock.
        const wanted = caller % 2 === 0 ? keys : keys.toReversed();
        return objectWrites.removeMany(bucket, wanted, now, batchOptions());
      });
      expect(refusals).toEqual([]);
      expect(values.flat().toSorted()).toEqual(keys.toSorted());
      expect(await events()).toEqual(times(50, 'object.deleted'));
      expect(await usage()).toEqual(nothingHeld);
      expect(await held()).toEqual({ objectCount: 0, sizeBytes: 0 });
    });

    test('batch deletes and puts of the same keys in opposite orders keep the usage correct', async () => {
      const { connections, stores, bucket, put, usage, held } = scene();
      const keys = Array.from({ length: 8 }, (_, index) => `key ${index}`);
      const { refusals } = await raceWithRefusals<BucketStores, unknown>(connections, (via, caller) =>
        caller % 2 === 0
          ? via.objectWrites.removeMany(bucket, keys.toReversed(), now, batchOptions())
          : Promise.all(keys.map((key) => put(key, { via, placed: inlineContent(caller) }))),
      );
      expect(refusals).toEqual([]);
      const left = await stores.objects.listByKey(bucket.id, '', undefined, now, 100);
      const sizeBytes = left.reduce((sum, { size }) => sum + size, 0);
      expect(await held()).toEqual({ objectCount: left.length, sizeBytes });
      expect(await usage()).toEqual({ ...nothingHeld, storedBytes: sizeBytes, storedObjects: left.length });
    });

    test('batch deletes of expired objects, concurrent with the sweep, add one event per object', async () => {
      const { connections, bucket, put, usage, held, addReceiver } = scene();
      const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
      for (const key of keys) await put(key, { expiresAt: now });
      const { events } = await addReceiver();
      const { expiredEvents } = batchOptions();
      const values = await race<BucketStores, string[] | Swept>(connections, (via, caller) =>
        caller % 2 === 0
          ? via.objectWrites.removeMany(bucket, keys, now, batchOptions())
          : via.objects.expire(now, 3, expiredEvents),
      );
      expect(values.filter((value) => Array.isArray(value)).flat()).toEqual([]);
      expect(await events()).toEqual(times(20, 'object.expired'));
      expect(await usage()).toEqual(nothingHeld);
      expect(await held(bucket, 0)).toEqual({ objectCount: 0, sizeBytes: 0 });
    });
  });
}

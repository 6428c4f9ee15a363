import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { StoredObject } from '../../src/core/ports/buckets/object-store.ts';
import type { Written } from '../../src/core/ports/buckets/object-writes.ts';
import type { LeaseLost } from '../../src/core/ports/content/content.ts';
import type { Swept } from '../../src/core/ports/swept.ts';
import {
  type BucketStores,
  bucketSceneOf,
  nothingHeld,
  now,
  type OpenBucketStores,
  objectOf,
} from './bucket-scene.ts';
import { callers, forEachCaller, race, raceWithRefusals, times } from './race.ts';
import { inlineContent, someUpload, textOf } from './some-object.ts';

/** The contract of object writes for concurrent puts. */
export function objectPutRacesContract(name: string, open: OpenBucketStores, connectionCount: number): void {
  describe(name, () => {
    const scene = bucketSceneOf(open, connectionCount);

    describe('16 puts of one key', () => {
      test('with If-None-Match: * create one object', async () => {
        const { connections, blob, put, read, usage, held, addReceiver, isWriters } = scene();
        const blobs = await forEachCaller((caller) => blob(100 + caller));
        const { events } = await addReceiver();
        const { values, refusals } = await raceWithRefusals(connections, (via, caller) =>
          put('key', { via, placed: blobs[caller] ?? inlineContent(0), ifNoneMatch: '*' }),
        );
        expect(values).toMatchObject([{ isNew: true }]);
        expect(refusals).toEqual(times(callers - 1, 'precondition_failed'));
        const { object, content } = (await read('key')) ?? {};
        expect(object).toMatchObject({ id: objectOf(values[0])?.id });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: object?.size ?? 0 });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: object?.size ?? 0, storedObjects: 1 });
        expect(await events()).toEqual(['object.created']);
        // The writers whose puts were rejected still own their journal records.
        const shown = content?.kind === 'blob' ? content.key : undefined;
        for (const each of blobs) expect(await isWriters(each)).toBe(each.key !== shown);
      });

      test('with If-Match of the same ETag replace the object once', async () => {
        const { connections, blob, putObject, put, usage, due } = scene();
        const old = await blob(5);
        const { etag } = await putObject('key', { placed: old });
        const { values, refusals } = await raceWithRefusals(connections, (via) =>
          put('key', { via, ifMatch: [etag] }),
        );
        expect(values).toMatchObject([{ isNew: false }]);
        expect(refusals).toEqual(times(callers - 1, 'precondition_failed'));
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 10, storedObjects: 1 });
        expect(await due([old])).toEqual([old.key]);
      });

      test('without conditions all succeed: one creates, one remains, and the other blobs are freed', async () => {
        const { connections, stores, blob, put, read, usage, held, due, addReceiver } = scene();
        const blobs = await forEachCaller((caller) => blob(100 + caller));
        const { events } = await addReceiver();
        const values = await race(connections, (via, caller) =>
          put('key', { via, placed: blobs[caller] ?? inlineContent(0) }),
        );
        expect(values).toHaveLength(callers);
        expect(values.filter((written) => typeof written === 'object' && written.isNew)).toHaveLength(1);
        const { object, content } = (await read('key')) ?? {};
        const shown = content?.kind === 'blob' ? content.key : '';
        expect(blobs.find(({ key }) => key === shown)?.size).toBe(object?.size ?? 0);
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: object?.size ?? 0 });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: object?.size ?? 0, storedObjects: 1 });
        const others = blobs.map(({ key }) => key).filter((key) => key !== shown);
        expect(await due(blobs)).toEqual(others);
        expect((await stores.journal.known([shown])).size).toBe(0);
        expect(await events()).toEqual(times(callers, 'object.created'));
      });

      test('whose object has expired, concurrently with the sweep, add one object.expired event', async () => {
        const { connections, blob, put, usage, held, due, addReceiver } = scene();
        const old = await blob(5000);
        await put('key', { placed: old, expiresAt: now });
        const { events } = await addReceiver(['object.expired']);
        const values = await race<BucketStores, Written | LeaseLost | Swept>(connections, (via, caller) =>
          caller % 2 === 0
            ? put('key', { via })
            : via.objects.expire(now, 10, () => [
                {
                  event: 'object.expired',
                  subject: 'key',
                  body: () => '{}',
                  at: now,
                  newDeliveryId: newHashId,
                },
              ]),
        );
        const written = values.filter(
          (value): value is Written => typeof value === 'object' && 'isNew' in value,
        );
        expect(written.filter(({ isNew }) => isNew)).toHaveLength(1);
        expect(await events()).toEqual(['object.expired']);
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 10 });
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 10, storedObjects: 1 });
        expect(await due([old])).toEqual([old.key]);
      });
    });

    describe('a quota', () => {
      test.each([
        ['bytes', { maxStoredBytes: 550 }, 'bytes_exceeded'],
        ['objects', { maxObjects: 5 }, 'objects_exceeded'],
      ])('of %s is never exceeded by 16 puts into two buckets', async (_, quota, refusal) => {
        const { connections, bucket, insertBucket, put, usage } = scene();
        const buckets = [bucket, await insertBucket()];
        const { values, refusals } = await raceWithRefusals(connections, (via, caller) =>
          put(`key ${caller}`, {
            ...{ via, bucket: buckets[caller % 2] ?? bucket, placed: inlineContent(100) },
            ...quota,
          }),
        );
        expect(values).toHaveLength(5);
        expect(refusals).toEqual(times(callers - 5, refusal));
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 500, storedObjects: 5 });
      });

      test('is never exceeded by puts concurrent with upload reservations', async () => {
        const { connections, account, put, usage } = scene();
        const quota = { maxStoredBytes: 550, maxObjects: null };
        await raceWithRefusals<BucketStores, unknown>(connections, (via, caller) =>
          caller % 2 === 0
            ? put(`key ${caller}`, { via, placed: inlineContent(100), ...quota })
            : via.uploads.start(someUpload(account, { declaredSize: 100 }), quota),
        );
        const { storedBytes, reservedBytes, storedObjects, reservedObjects } = await usage();
        expect([storedBytes + reservedBytes, storedObjects + reservedObjects]).toEqual([500, 5]);
      });

      test('takes into account what each of 16 replacements releases', async () => {
        const { connections, put, usage } = scene();
        await put('key', { placed: inlineContent(100) });
        const values = await race(connections, (via) =>
          put('key', { via, placed: inlineContent(100), maxStoredBytes: 100, maxObjects: 1 }),
        );
        expect(values).toHaveLength(callers);
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 100, storedObjects: 1 });
      });

      test('is never exceeded by 16 puts that each grow a different object', async () => {
        const { connections, put, usage } = scene();
        for (let caller = 0; caller < callers; caller += 1) await put(`key ${caller}`);
        const { values, refusals } = await raceWithRefusals(connections, (via, caller) =>
          put(`key ${caller}`, { via, placed: inlineContent(20), maxStoredBytes: callers * 10 + 35 }),
        );
        expect([values.length, refusals.length]).toEqual([3, callers - 3]);
        expect(await usage()).toEqual({
          ...{ ...nothingHeld, storedBytes: callers * 10 + 30, storedObjects: callers },
        });
      });
    });

    test('16 puts of different keys are all counted in bucket and account', async () => {
      const { connections, put, usage, held } = scene();
      await race(connections, (via, caller) => put(`key ${caller}`, { via, placed: inlineContent(caller) }));
      expect(await held()).toEqual({ objectCount: callers, sizeBytes: 120 });
      expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 120, storedObjects: callers });
    });

    test('a blob is either published or claimed by the sweep, never both', async () => {
      const { connections, stores, blob, put, usage } = scene();
      const leaseEnded = now - 1000;
      const blobs = await forEachCaller(() => blob(1, leaseEnded, 0));
      const claimed = new Set<string>();
      const written: string[] = [];
      await race<BucketStores, unknown>(connections, async (via, caller) => {
        const placed = blobs[caller];
        if (placed === undefined) return;
        const claim = async () => {
          for (const { key } of await via.journal.claimDue(leaseEnded, 1000, 1)) claimed.add(key);
        };
        const write = async () => {
          if ((await put(`key ${caller}`, { via, placed })) !== 'lease_lost') written.push(placed.key);
        };
        await Promise.all(caller % 2 === 0 ? [claim(), write()] : [write(), claim()]);
      });
      expect(written.filter((key) => claimed.has(key))).toEqual([]);
      expect(await usage()).toMatchObject({ storedObjects: written.length, storedBytes: written.length });
      const known = await stores.journal.known(blobs.map(({ key }) => key));
      expect(known.size).toBe(callers - written.length);
    });

    test('16 puts that answer one idempotent request store one object', async () => {
      const { connections, put, usage, request } = scene();
      const { seal, answer } = await request<Written>();
      const { values, refusals } = await raceWithRefusals(connections, (via, caller) =>
        put(`key ${caller}`, { via, seal }),
      );
      expect(values).toHaveLength(1);
      expect(refusals).toEqual(times(callers - 1, 'store_away'));
      expect(await answer()).toMatchObject({ object: { id: objectOf(values[0])?.id } });
      expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 10, storedObjects: 1 });
    });

    test('a read concurrent with replacements returns an object with its own content', async () => {
      const { connections, bucket, put } = scene();
      const contentOf = (caller: number) => ({
        content: { kind: 'inline' as const, data: `${caller}`.repeat(caller + 1) },
        size: `${caller}`.repeat(caller + 1).length,
        isText: true,
      });
      const terms = (caller: number) => ({ placed: contentOf(caller), metadata: { caller: `${caller}` } });
      await put('key', terms(0));
      const reads: { object: StoredObject; text: string | undefined }[] = [];
      await race(connections, async (via, caller) => {
        if (caller % 2 === 0) return void (await put('key', { via, ...terms(caller) }));
        for (let read = 0; read < 5; read += 1) {
          const { object, content } = (await via.objects.read(bucket.id, 'key')) ?? {};
          if (object) reads.push({ object, text: textOf(content) });
        }
      });
      expect(reads).toHaveLength((callers / 2) * 5);
      for (const { object, text } of reads) {
        const { size, content } = contentOf(Number(object.metadata?.caller));
        expect([object.size, text]).toEqual([size, content.data]);
      }
    });

    test('16 puts with If-None-Match of an unused ETag all succeed', async () => {
      const { connections, put } = scene();
      const [etag, other] = [newHashId(), newHashId()];
      const values = await race(connections, (via) => put('key', { via, etag, ifNoneMatch: [other] }));
      expect(values).toHaveLength(callers);
    });
  });
}

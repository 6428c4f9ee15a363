import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import { type BucketStores, bucketSceneOf, nothingHeld, now, type OpenBucketStores } from './bucket-scene.ts';
import { anyPart, multipartScene, named, type PutPart, received } from './multipart-scene.ts';
import { callers, forEachCaller, race, raceWithRefusals, times } from './race.ts';
import { blobContent, inlineContent } from './some-object.ts';

const isObject = (value: unknown): value is object => typeof value === 'object';

/** The contract of every upload store for concurrent calls that end an upload. */
export function multipartCompletionRacesContract(
  name: string,
  open: OpenBucketStores,
  connectionCount: number,
): void {
  describe(name, () => {
    const scene = bucketSceneOf(open, connectionCount);
    const blobsOf = (parts: PutPart[]) => parts.map(({ blob }) => blob);

    async function uploadOfTwoParts(key = 'key') {
      const { start, putPart } = multipartScene(scene());
      const upload = await start({ key });
      const parts = [await putPart(upload, 1, 30), await putPart(upload, 2, 4)];
      return { upload, parts, content: named(parts) };
    }

    describe('16 completions', () => {
      test('of one upload create one object', async () => {
        const { connections, usage, held, due, addReceiver } = scene();
        const { complete } = multipartScene(scene());
        const { upload, parts, content } = await uploadOfTwoParts();
        const { events } = await addReceiver();
        const values = await race(connections, (via) => complete(upload, { via, content }));
        expect(values.filter(isObject)).toMatchObject([{ isNew: true }]);
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 34, storedObjects: 1 });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 34 });
        expect(await events()).toEqual(['upload.completed', 'object.created']);
        expect(await due(blobsOf(parts))).toEqual([]);
      });

      test('of one direct upload create one object', async () => {
        const { connections, stores, usage } = scene();
        const { startDirect, putDirectPart, complete } = multipartScene(scene());
        const upload = await startDirect();
        await putDirectPart(upload, 1, 100);
        const content = blobContent(upload.directKey ?? '', 100);
        const values = await race(connections, (via) => complete(upload, { via, content }));
        expect(values.filter(isObject)).toMatchObject([{ isNew: true }]);
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 100, storedObjects: 1 });
        expect((await stores.journal.known([upload.directKey ?? ''])).size).toBe(0);
      });

      test('of one upload with different parts create one object from the parts of one call', async () => {
        const { connections, read, usage, due } = scene();
        const { complete } = multipartScene(scene());
        const { upload, parts, content } = await uploadOfTwoParts();
        const values = await race(connections, (via, caller) =>
          complete(upload, { via, content: content.slice(caller % 2, (caller % 2) + 1) }),
        );
        expect(values.filter(isObject)).toHaveLength(1);
        const stored = await read('key');
        const kept = stored?.content.kind === 'parts' ? stored.content.parts : [];
        expect(kept).toHaveLength(1);
        expect(stored?.object.size).toBe(kept[0]?.size ?? 0);
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: kept[0]?.size ?? 0, storedObjects: 1 });
        expect(await due(blobsOf(parts))).toEqual(
          blobsOf(parts)
            .map(({ key }) => key)
            .filter((key) => key !== kept[0]?.key),
        );
      });

      test('of 16 uploads to one key with If-None-Match: * create one object and keep the other uploads', async () => {
        const { connections, usage } = scene();
        const { complete } = multipartScene(scene());
        const all = await forEachCaller(() => uploadOfTwoParts());
        const { values, refusals } = await raceWithRefusals(connections, (via, caller) => {
          const { upload, content } = all[caller] ?? (all[0] as (typeof all)[number]);
          return complete(upload, { via, content, ifNoneMatch: '*' });
        });
        expect(values).toMatchObject([{ isNew: true }]);
        expect(refusals).toEqual(times(callers - 1, 'precondition_failed'));
        const left = callers - 1;
        expect(await usage()).toEqual({
          ...{ storedBytes: 34, storedObjects: 1, reservedBytes: left * 34, reservedObjects: left },
        });
      });

      test('of 16 uploads to one key all succeed, and one object remains', async () => {
        const { connections, usage, held, due } = scene();
        const { complete } = multipartScene(scene());
        const all = await forEachCaller(() => uploadOfTwoParts());
        const values = await race(connections, (via, caller) => {
          const { upload, content } = all[caller] ?? (all[0] as (typeof all)[number]);
          return complete(upload, { via, content });
        });
        expect(values.filter((value) => isObject(value) && value.isNew)).toHaveLength(1);
        expect(values.filter(isObject)).toHaveLength(callers);
        expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 34, storedObjects: 1 });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 34 });
        expect(await due(all.flatMap(({ parts }) => blobsOf(parts)))).toHaveLength((callers - 1) * 2);
      });
    });

    test.each(['completions', 'aborts'])(
      'an upload is either completed or aborted (%s first)',
      async (first) => {
        const { connections, read, usage, due } = scene();
        const { complete } = multipartScene(scene());
        const { upload, parts, content } = await uploadOfTwoParts();
        const values = await race<BucketStores, unknown>(connections, (via, caller) =>
          (caller % 2 === 0) === (first === 'completions')
            ? complete(upload, { via, content })
            : via.uploads.abort(upload.id, now),
        );
        const made = values.filter(isObject).length;
        expect(made + values.filter((value) => value === 'aborted').length).toBe(1);
        expect((await read('key')) !== undefined).toBe(made === 1);
        const stored = { ...nothingHeld, storedBytes: 34, storedObjects: 1 };
        expect(await usage()).toEqual(made === 1 ? stored : nothingHeld);
        expect(await due(blobsOf(parts))).toHaveLength(made === 1 ? 0 : 2);
      },
    );

    test.each(['completions', 'aborts'])(
      'an expired upload is removed once, concurrently with %s',
      async (rival) => {
        const { connections, stores, usage, due } = scene();
        const { start, putPart, complete } = multipartScene(scene());
        const upload = await start({ expiresAt: now + 5 });
        const parts = [await putPart(upload, 1, 30)];
        await race<BucketStores, unknown>(connections, (via, caller) => {
          if (caller % 2 === 0) return via.uploads.expire(now + 5, 10);
          // The completing node's clock is behind that of the sweep.
          if (rival === 'completions') return complete(upload, { via, content: named(parts), at: now + 4 });
          return via.uploads.abort(upload.id, now + 5);
        });
        while (!(await stores.uploads.expire(now + 5, 10)).isDone);
        expect(await stores.uploads.find(upload.id)).toBeUndefined();
        const made = await stores.objects.findByKey(upload.bucketId, upload.key);
        const stored = { ...nothingHeld, storedBytes: 30, storedObjects: 1 };
        expect(await usage()).toEqual(made ? stored : nothingHeld);
        expect(await due(blobsOf(parts), now + 5)).toHaveLength(made ? 0 : 1);
      },
    );

    test.each(['completions', 'parts'])(
      'a replaced part never becomes part of an object (%s first)',
      async (first) => {
        const { connections, stores, blob, read, usage, due, isWriters } = scene();
        const { complete } = multipartScene(scene());
        const { upload, parts, content } = await uploadOfTwoParts();
        const blobs = await forEachCaller((caller) => blob(100 + caller));
        const isCompletion = (caller: number) => (caller % 2 === 0) === (first === 'completions');
        const values = await race<BucketStores, unknown>(connections, (via, caller) => {
          const placed = blobs[caller] ?? inlineContent(0);
          const part = { number: 2, size: placed.size, etag: newHashId() };
          return isCompletion(caller)
            ? complete(upload, { via, content })
            : via.uploads.receivePart(upload.id, { part, placed, limits: anyPart }, now);
        });
        const sent = blobs.filter((_, caller) => !isCompletion(caller));
        if (values.some(isObject)) {
          // The completion was first. The parts found no upload, so their writers still own the journal records.
          for (const [caller, value] of values.entries())
            if (!isCompletion(caller)) expect(value).toBe('upload_gone');
          const kept = parts.map((part) => ({ key: part.blob.key, size: part.size }));
          expect(await read('key')).toMatchObject({ content: { kind: 'parts', parts: kept } });
          expect(await usage()).toEqual({ ...nothingHeld, storedBytes: 34, storedObjects: 1 });
          for (const each of sent) expect(await isWriters(each)).toBe(true);
        } else {
          expect(values.filter((value) => value === 'parts_changed')).toHaveLength(callers / 2);
          expect(values.filter((value) => value === 'received')).toHaveLength(callers / 2);
          const [one, two] = await stores.uploads.parts(upload.id);
          expect(one).toEqual(received(parts)[0]);
          expect(await usage()).toMatchObject({ reservedBytes: 30 + (two?.size ?? 0), reservedObjects: 1 });
          expect(await due([...blobsOf(parts), ...sent])).toHaveLength(callers / 2);
        }
      },
    );

    test('16 aborts abort the upload once', async () => {
      const { connections, usage, due } = scene();
      const { upload, parts } = await uploadOfTwoParts();
      const values = await race(connections, ({ uploads }) => uploads.abort(upload.id, now));
      expect(values.filter((value) => value === 'aborted')).toHaveLength(1);
      expect(await usage()).toEqual(nothingHeld);
      expect(await due(blobsOf(parts))).toHaveLength(2);
    });
  });
}

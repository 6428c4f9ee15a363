import { describe, expect, test } from 'bun:test';
import { eventsAbout } from '../../src/core/buckets/object-events.ts';
import { batchOptions, bucketSceneOf, now, type OpenBucketStores } from './bucket-scene.ts';
import { multipartScene, named } from './multipart-scene.ts';
import { inlineContent } from './some-object.ts';

/** The contract for reads on one connection after a write was acknowledged on another one. */
export function bucketVisibilityContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open, 2);

    /** Every ordered pair of connections: one that writes and one that reads. */
    const pairs = () => {
      const { connections } = scene();
      return connections.flatMap((writer) =>
        connections.filter((reader) => reader !== writer).map((reader) => ({ writer, reader })),
      );
    };

    test('an object, its replacement and its deletion are visible at once', async () => {
      const { bucket, putObject } = scene();
      for (const { writer, reader } of pairs()) {
        expect(await reader.objects.read(bucket.id, 'key')).toBeUndefined();
        for (const size of [1, 2, 3]) {
          const { etag } = await putObject('key', { via: writer, placed: inlineContent(size) });
          expect(await reader.objects.read(bucket.id, 'key')).toMatchObject({ object: { etag, size } });
          expect(await reader.objects.listByKey(bucket.id, '', undefined, now, 10)).toMatchObject([{ etag }]);
          expect(await reader.buckets.usage(bucket.id, now)).toMatchObject({ sizeBytes: size });
        }
        await writer.objectWrites.removeMany(bucket, ['key'], now, batchOptions());
        expect(await reader.objects.read(bucket.id, 'key')).toBeUndefined();
        expect(await reader.objects.listByKey(bucket.id, '', undefined, now, 10)).toEqual([]);
      }
    });

    test('a bucket, its changes and its removal are visible at once', async () => {
      const { bucketOf } = scene();
      for (const { writer, reader } of pairs()) {
        const bucket = bucketOf();
        await writer.buckets.insert(bucket, 1000);
        expect(await reader.buckets.find(bucket.name)).toEqual(bucket);
        for (const isPublic of [true, false]) {
          await writer.buckets.update(bucket.id, { isPublic }, now);
          expect(await reader.buckets.find(bucket.name)).toEqual({ ...bucket, isPublic });
        }
        await writer.buckets.remove(bucket.id, now, eventsAbout(now, 'object.expired'));
        expect(await reader.buckets.find(bucket.name)).toBeUndefined();
      }
    });

    test('a multipart upload can use another connection at every step', async () => {
      const { bucket, connections } = scene();
      const scenes = connections.map((stores) => multipartScene({ ...scene(), stores }));
      for (const { start } of scenes)
        for (const { putPart } of scenes)
          for (const { complete } of scenes) {
            const upload = await start({ key: 'key' });
            const parts = [await putPart(upload, 1, 5), await putPart(upload, 2, 6)];
            expect(await complete(upload, { content: named(parts) })).toMatchObject({ object: { size: 11 } });
            for (const { objects, uploads } of connections) {
              expect(await objects.read(bucket.id, 'key')).toMatchObject({ object: { id: upload.id } });
              expect(await uploads.find(upload.id)).toBeUndefined();
            }
          }
    });

    test('a webhook that was added or changed on one connection receives events of all', async () => {
      const { connections, account, addReceiver, put } = scene();
      const { webhook, events } = await addReceiver(['object.created']);
      for (const via of connections) await put('key', { via });
      expect(await events()).toHaveLength(connections.length);
      for (const [index, stores] of connections.entries()) {
        await stores.webhooks.update(account.id, webhook.id, { active: index % 2 === 1 });
        const before = (await events()).length;
        for (const via of connections) await put('key', { via });
        expect(await events()).toHaveLength(before + (index % 2) * connections.length);
      }
    });
  });
}

import { describe, expect, test } from 'bun:test';
import { ObjectLists } from '../../src/core/buckets/object-lists.ts';
import { Signer } from '../../src/core/signing.ts';
import { batchOptions, bucketSceneOf, now, type OpenBucketStores } from './bucket-scene.ts';
import { inlineContent } from './some-object.ts';

/**
 * In the byte order of UTF-8. The collation of a language would mix cases and ignore punctuation. UTF-16 order would
 * put the emoji before the fullwidth tilde.
 */
const orderedKeys = [
  ...[' ', '!', '%', '0', '10', '9', 'A', 'B', '_', 'a', 'a b', 'a-', 'a.', 'a/', 'a/b', 'a/b/c', 'a0'],
  ...['aA', 'aa', 'b', 'e\u0301', 'z', '~', '\u00df', '\u00e9', '\u00e9/x', '\u0451', '\u4e2d'],
  ...['\uff5e', '\u{1f600}', '\u{10ffff}', '\u{10ffff}a'],
];

/** The contract of every object store for lists by key. */
export function objectKeysContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);

    async function putAll(keys: string[]) {
      const { put } = scene();
      await Promise.all(keys.map((key) => put(key, { placed: inlineContent(1) })));
    }
    const list = async (from = '', before?: string, limit = 1000, at = now) => {
      const { stores, bucket } = scene();
      return (await stores.objects.listByKey(bucket.id, from, before, at, limit)).map(({ key }) => key);
    };

    describe('listByKey', () => {
      test('orders keys by bytes, not by insertion', async () => {
        await putAll(orderedKeys.toReversed());
        expect(await list()).toEqual(orderedKeys);
      });

      test('includes the start key, excludes the end key and respects the limit', async () => {
        await putAll(['a', 'b', 'ba', 'c', 'd']);
        expect(await list('b')).toEqual(['b', 'ba', 'c', 'd']);
        expect(await list('b\u0000')).toEqual(['ba', 'c', 'd']);
        expect(await list('a', 'b\u0000')).toEqual(['a', 'b']);
        expect(await list('b\u0000', 'b\u0001')).toEqual([]);
        expect(await list('bb')).toEqual(['c', 'd']);
        expect(await list('b', 'd')).toEqual(['b', 'ba', 'c']);
        expect(await list('b', 'b')).toEqual([]);
        expect(await list('e')).toEqual([]);
        expect(await list('', undefined, 2)).toEqual(['a', 'b']);
        expect(await list('b', 'd', 2)).toEqual(['b', 'ba']);
      });

      test('returns each object as written', async () => {
        const { stores, bucket, putObject } = scene();
        const objects = [
          await putObject('a', { metadata: { a: 'b' }, mediaType: 'image/png', expiresAt: now + 1 }),
          await putObject('b', { contentEncoding: 'zstd', digest: 'digest' }),
        ];
        expect(await stores.objects.listByKey(bucket.id, '', undefined, now, 10)).toEqual(objects);
      });

      test('skips other buckets and expired objects, to the millisecond, without counting them', async () => {
        const { put, insertBucket } = scene();
        await put('a', { expiresAt: now });
        await put('b', { expiresAt: now + 1 });
        await put('c');
        await put('d', { bucket: await insertBucket() });
        expect(await list('', undefined, 2)).toEqual(['b', 'c']);
        expect(await list('', 'z', 2)).toEqual(['b', 'c']);
        expect(await list('', undefined, 10, now + 1)).toEqual(['c']);
      });
    });

    describe('a paged list', () => {
      const lists = () => new ObjectLists(scene().stores.objects, new Signer('a secret'), () => now);
      type Request = { prefix?: string; delimiter?: string; limit: number };

      async function pages(request: Request, between: (page: number) => Promise<unknown> = async () => {}) {
        const found: string[][] = [];
        for (let cursor: string | undefined; ; ) {
          const page = await lists().list(scene().bucket, { ...request, ...(cursor && { cursor }) });
          const prefixes = (page.commonPrefixes ?? []).map((prefix) => `${prefix}…`);
          found.push([...page.objects.map(({ key }) => key), ...prefixes]);
          if (page.cursor === null) return found;
          cursor = page.cursor;
          await between(found.length);
        }
      }

      test.each([1, 7, 1000])('returns every key once with %d per page', async (limit) => {
        await putAll(orderedKeys);
        expect((await pages({ limit })).flat()).toEqual(orderedKeys);
      });

      test.each(['a', 'a/', 'a/b', '\u00e9', '\u{10ffff}', '%', '_', 'x'])(
        'returns exactly the keys that start with %p',
        async (prefix) => {
          await putAll(orderedKeys);
          const expected = orderedKeys.filter((key) => key.startsWith(prefix));
          expect((await pages({ prefix, limit: 3 })).flat()).toEqual(expected);
        },
      );

      test('returns each common prefix once', async () => {
        const last = '\u{10ffff}/';
        await putAll(['a', 'a/b', 'a/b/c', 'a/d', 'a0', 'b/', 'b//', `${last}1`, `${last}2`]);
        const byOne = await pages({ delimiter: '/', limit: 1 });
        expect(byOne).toEqual([['a'], ['a/…'], ['a0'], ['b/…'], [`${last}…`]]);
        expect(await pages({ delimiter: '/', prefix: 'a/', limit: 1 })).toEqual([
          ['a/b'],
          ['a/b/…'],
          ['a/d'],
        ]);
        expect(await pages({ delimiter: '/', prefix: 'b/', limit: 10 })).toEqual([['b/', 'b//…']]);
        expect(await pages({ delimiter: '/b', limit: 10 })).toEqual([
          ['a', 'a/d', 'a0', 'b/', 'b//', `${last}1`, `${last}2`, 'a/b…'],
        ]);
      });

      test('continues after its cursor while objects are added and deleted', async () => {
        const { put, stores, bucket } = scene();
        await putAll(['a', 'b', 'c', 'd', 'e']);
        const found = await pages({ limit: 2 }, async (page) => {
          if (page > 1) return;
          // Delete the last key of the page and a key of the next one.
          await stores.objectWrites.removeMany(bucket, ['b', 'c'], now, batchOptions());
          await put('aa');
          await put('bb');
        });
        expect(found).toEqual([['a', 'b'], ['bb', 'd'], ['e']]);
      });
    });
  });
}

import { describe, expect, test } from 'bun:test';
import { newShortId } from '../../src/core/ids.ts';
import type { BucketWithUsage, StoredBucket } from '../../src/core/ports/buckets/bucket-store.ts';
import { failureOf } from '../core/failure-of.ts';
import { bucketSceneOf, now, type OpenBucketStores } from './bucket-scene.ts';
import { inlineContent } from './some-object.ts';

const empty = { objectCount: 0, sizeBytes: 0 };

/** The contract of every bucket store for creating, finding, listing and updating buckets. */
export function bucketStoreContract(name: string, open: OpenBucketStores): void {
  describe(name, () => {
    const scene = bucketSceneOf(open);

    describe('insert', () => {
      test('creates an empty bucket with the given properties', async () => {
        const { stores, bucketOf } = scene();
        const plain = bucketOf();
        const detailed = bucketOf({ isPublic: true, defaultTtl: 365 * 86_400_000 });
        for (const bucket of [plain, detailed]) {
          expect(await stores.buckets.insert(bucket, 1000)).toBe('inserted');
          expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
          expect(await stores.buckets.usage(bucket.id, now)).toEqual({ ...bucket, ...empty });
        }
      });

      test('returns name_taken and changes nothing if any account has a bucket of that name', async () => {
        const { stores, bucket, bucketOf, insertAccount } = scene();
        const other = await insertAccount();
        for (const accountId of [bucket.accountId, other.id]) {
          const second = bucketOf({ accountId, name: bucket.name, isPublic: true });
          expect(await stores.buckets.insert(second, 1000)).toBe('name_taken');
          expect(await stores.buckets.usage(second.id, now)).toBeUndefined();
        }
        expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
        expect(await stores.buckets.list(other.id, '', now, 10)).toEqual([]);
      });

      test('returns limit_reached and creates nothing if the account has as many named buckets', async () => {
        const { stores, bucketOf, insertAccount, request } = scene();
        const other = await insertAccount();
        const [refused, { seal, answer }] = [bucketOf(), await request<BucketWithUsage>()];
        // The scene created one bucket. The account's bucket of files has no name and does not count.
        expect(await stores.buckets.insert(refused, 1, seal)).toBe('limit_reached');
        expect(await stores.buckets.find(refused.name)).toBeUndefined();
        expect(await answer()).toBeUndefined();
        expect(await stores.buckets.insert(bucketOf({ accountId: other.id }), 1)).toBe('inserted');
        expect(await stores.buckets.insert(refused, 2, seal)).toBe('inserted');
        expect(await answer()).toEqual({ ...refused, ...empty });
      });

      test('stores the answer of an idempotent request only if it creates the bucket', async () => {
        const { stores, bucket, bucketOf, request } = scene();
        const [made, first] = [bucketOf(), await request<BucketWithUsage>()];
        await stores.buckets.insert(made, 1000, first.seal);
        expect(await first.answer()).toEqual({ ...made, ...empty });
        const second = await request<BucketWithUsage>();
        await stores.buckets.insert(bucketOf({ name: bucket.name }), 1000, second.seal);
        expect(await second.answer()).toBeUndefined();
      });

      test('creates nothing if the attempt has lost its lease', async () => {
        const { stores, bucketOf, request } = scene();
        const [lost, { lateSeal }] = [bucketOf(), await request<BucketWithUsage>()];
        const failure = await failureOf(() => stores.buckets.insert(lost, 1000, lateSeal));
        expect(failure.code).toBe('store_away');
        expect(await stores.buckets.find(lost.name)).toBeUndefined();
      });
    });

    test('find requires the exact name', async () => {
      const { stores, account, bucket } = scene();
      expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
      for (const other of [bucket.name.toUpperCase(), bucket.name.slice(0, -1), `${bucket.name}0`, '', '%'])
        expect(await stores.buckets.find(other)).toBeUndefined();
      expect(await stores.buckets.usage('unknown', now)).toBeUndefined();
      // The account's bucket of files has no name, so the bucket API must not find it.
      expect(await stores.buckets.usage(account.filesBucketId, now)).toBeUndefined();
    });

    test('find never returns an outdated bucket', async () => {
      const { stores, bucket } = scene();
      expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
      await stores.buckets.update(bucket.id, { isPublic: true }, now);
      expect(await stores.buckets.find(bucket.name)).toEqual({ ...bucket, isPublic: true });
      await stores.buckets.remove(bucket.id, now, () => []);
      expect(await stores.buckets.find(bucket.name)).toBeUndefined();
    });

    describe('usage', () => {
      test('counts puts, replacements and deletes in this bucket only', async () => {
        const { stores, bucket, insertBucket, put, held } = scene();
        const other = await insertBucket();
        await put('a', { placed: inlineContent(3) });
        await put('b', { placed: inlineContent(0) });
        await put('a', { bucket: other, placed: inlineContent(100) });
        expect(await held()).toEqual({ objectCount: 2, sizeBytes: 3 });
        await put('a', { placed: inlineContent(8) });
        expect(await held()).toEqual({ objectCount: 2, sizeBytes: 8 });
        await stores.objectWrites.removeMany(bucket, ['a'], now, {
          events: () => [],
          expiredEvents: () => [],
        });
        expect(await held()).toEqual({ objectCount: 1, sizeBytes: 0 });
        expect(await held(other)).toEqual({ objectCount: 1, sizeBytes: 100 });
      });

      test('excludes expired objects, to the millisecond, before and after the sweep', async () => {
        const { stores, put, held } = scene();
        await put('ends', { placed: inlineContent(3), expiresAt: now + 5 });
        await put('stays', { placed: inlineContent(7) });
        expect(await held(undefined, now + 4)).toEqual({ objectCount: 2, sizeBytes: 10 });
        expect(await held(undefined, now + 5)).toEqual({ objectCount: 1, sizeBytes: 7 });
        while (!(await stores.objects.expire(now + 5, 100)).isDone);
        expect(await held(undefined, now + 5)).toEqual({ objectCount: 1, sizeBytes: 7 });
      });

      test('counts more bytes than fit in 32 bits', async () => {
        const { put, blob, held } = scene();
        const size = 5 * 1024 ** 3;
        await put('large', { placed: await blob(size) });
        await put('larger', { placed: await blob(size + 1) });
        expect(await held()).toEqual({ objectCount: 2, sizeBytes: 2 * size + 1 });
      });
    });

    describe('list', () => {
      // In byte order. The collation of a language would ignore the punctuation.
      const suffixes = ['--b', '-a', '.a', '0', '00', '10', '9', 'a', 'a-b', 'a.b', 'a0', 'aa', 'b'];

      async function insertNamed() {
        const { insertBucket, insertAccount } = scene();
        const { id: accountId } = await insertAccount();
        const start = `list${newShortId()}`;
        const names = suffixes.map((suffix) => `${start}${suffix}`);
        for (const each of names.toReversed()) await insertBucket({ accountId, name: each });
        const list = async (after = '', limit = 100) =>
          (await scene().stores.buckets.list(accountId, after, now, limit)).map((found) => found.name);
        return { accountId, start, names, list };
      }

      test('orders names by bytes, starts after a given name and respects the limit', async () => {
        const { names, list, start } = await insertNamed();
        expect(await list()).toEqual(names);
        expect(await list('', 3)).toEqual(names.slice(0, 3));
        expect(await list(names[2], 4)).toEqual(names.slice(3, 7));
        expect(await list(names.at(-1))).toEqual([]);
        // The name to start after does not have to exist.
        expect(await list(`${start}a-`)).toEqual(names.slice(suffixes.indexOf('a-b')));
      });

      test('returns the named buckets of one account with their usage', async () => {
        const { stores, account, bucket, insertBucket, insertAccount, put } = scene();
        const other = await insertAccount();
        const second = await insertBucket();
        await insertBucket({ accountId: other.id });
        await put('key', { placed: inlineContent(5) });
        await put('expired', { bucket: second, placed: inlineContent(7), expiresAt: now });
        const expected = [
          { ...bucket, objectCount: 1, sizeBytes: 5 },
          { ...second, ...empty },
        ];
        const listed = await stores.buckets.list(account.id, '', now, 100);
        expect(listed).toEqual(expected.toSorted((one, two) => (one.name < two.name ? -1 : 1)));
        expect(await stores.buckets.list('unknown', '', now, 100)).toEqual([]);
      });
    });

    describe('update', () => {
      test('changes the given properties and returns the bucket with its usage', async () => {
        const { stores, bucket, put } = scene();
        await put('key', { placed: inlineContent(5) });
        const holds = { objectCount: 1, sizeBytes: 5 };
        const update = (changes: Partial<StoredBucket>) => stores.buckets.update(bucket.id, changes, now);
        expect(await update({ isPublic: true })).toEqual({ ...bucket, isPublic: true, ...holds });
        expect(await update({ defaultTtl: 1000 })).toMatchObject({ isPublic: true, defaultTtl: 1000 });
        expect(await update({})).toMatchObject({ isPublic: true, defaultTtl: 1000 });
        expect(await update({ isPublic: false, defaultTtl: null })).toEqual({ ...bucket, ...holds });
        expect(await stores.buckets.find(bucket.name)).toEqual(bucket);
      });

      test('does not change other buckets or the expiry of objects', async () => {
        const { stores, bucket, insertBucket, putObject, read } = scene();
        const other = await insertBucket();
        const object = await putObject('key', { expiresAt: now + 1000 });
        await stores.buckets.update(bucket.id, { defaultTtl: 5, isPublic: true }, now);
        expect(await read('key')).toMatchObject({ object });
        expect(await stores.buckets.find(other.name)).toEqual(other);
      });

      test('returns undefined and stores no answer if the bucket does not exist', async () => {
        const { stores, request } = scene();
        const { seal, answer } = await request<BucketWithUsage>();
        expect(await stores.buckets.update('unknown', { isPublic: true }, now, seal)).toBe('gone');
        expect(await answer()).toBeUndefined();
      });

      test('stores the answer of an idempotent request, and changes nothing if the lease is lost', async () => {
        const { stores, bucket, request } = scene();
        const first = await request<BucketWithUsage>();
        await stores.buckets.update(bucket.id, { isPublic: true }, now, first.seal);
        expect(await first.answer()).toEqual({ ...bucket, isPublic: true, ...empty });
        const { lateSeal } = await request<BucketWithUsage>();
        const update = () => stores.buckets.update(bucket.id, { isPublic: false }, now, lateSeal);
        expect((await failureOf(update)).code).toBe('store_away');
        expect(await stores.buckets.find(bucket.name)).toEqual({ ...bucket, isPublic: true });
      });
    });
  });
}

import { beforeEach, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type {
  ObjectDescription,
  ObjectStore,
  StoredObject,
} from '../../src/core/ports/buckets/object-store.ts';
import type { PlacedContent } from '../../src/core/ports/content/content.ts';
import type { Stores } from '../../src/core/ports/stores.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import {
  blobContent,
  inlineContent,
  noQuota,
  someAccount,
  someConfirmation,
  someDescription,
  someUpload,
  storeObject,
  textOf,
} from './some-object.ts';

export type ObjectStoreUnderTest = Pick<
  Stores,
  'accounts' | 'fileRoutes' | 'objects' | 'uploads' | 'journal' | 'meter'
>;

const now = Date.UTC(2025, 2, 1);

/** The contract of every object store for files (`src/core/ports/buckets/object-store.ts`). */
export function objectStoreContract(name: string, open: Open<ObjectStoreUnderTest>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let stores: ObjectStoreUnderTest;
    let objects: ObjectStore;
    const account = someAccount({ name: 'one' });
    const other = someAccount({ name: 'two' });
    beforeEach(async () => {
      ({ stores } = await openStores());
      objects = stores.objects;
      await stores.accounts.insert(account);
      await stores.accounts.insert(other);
    });

    type Given = Partial<ObjectDescription> & { placed?: PlacedContent; expiresAt?: number | null };

    async function insert(
      { placed = inlineContent(10), expiresAt = null, ...given }: Given = {},
      of = account,
    ) {
      const { metadata = null } = given;
      const description = { ...someDescription(of), ...given };
      return storeObject(stores.uploads, description, placed, someConfirmation({ expiresAt, metadata }));
    }

    async function insertBlob(size: number, given: Given = {}) {
      const key = newHashId();
      await stores.journal.reserve(key, now, 60_000);
      return { key, object: await insert({ ...given, placed: blobContent(key, size) }) };
    }

    async function insertParts(sizes: number[], expiresAt: number | null = null) {
      const upload = someUpload(account, { partSize: 5, declaredSize: sizes.reduce((a, b) => a + b, 0) });
      await stores.uploads.start(upload, noQuota);
      const keys = sizes.map(() => newHashId());
      for (const [index, key] of keys.entries()) {
        await stores.journal.reserve(key, now, 60_000);
        const placed = blobContent(key, sizes[index] ?? 0);
        await stores.uploads.receivePart(
          upload.id,
          { part: { number: index + 1, size: placed.size, etag: `etag-${index}` }, placed },
          now,
        );
      }
      const parts = await stores.uploads.parts(upload.id);
      const object = await stores.uploads.completeFile(upload, parts, someConfirmation({ expiresAt }));
      if (typeof object === 'string') throw new Error(`no object: ${object}`);
      return { keys, object };
    }

    const list = async (filter: Parameters<ObjectStore['list']>[1] = {}, at = now, limit = 100) =>
      (await objects.list(account.filesBucketId, filter, at, limit)).map(({ id }) => id);
    const ids = (...found: StoredObject[]) => found.map(({ id }) => id);
    const held = async () => {
      const { storedBytes, storedObjects } = await stores.accounts.usage(account.id);
      const { blobBytes } = await stores.meter.usage();
      return { storedBytes, storedObjects, blobBytes, records: await stores.journal.count() };
    };
    const nothingHeld = { storedBytes: 0, storedObjects: 0, blobBytes: 0 };

    test('an object is found as stored, in its bucket only', async () => {
      const object = await insert({
        name: 'b“l\u0301å.jpg',
        isPublic: false,
        prefix: 'a/b',
        metadata: { a: 'b', deep: { n: [1, null, true] } },
        tags: ['x', '1'],
        expiresAt: now + 5,
      });
      expect(object).toMatchObject({ size: 10, isText: true, downloads: 0, lastDownloadAt: null });
      expect(await objects.find(account.filesBucketId, object.id)).toEqual(object);
      expect(await objects.findByKey(account.filesBucketId, object.key)).toEqual(object);
      expect(await objects.findPublic(object.publicId ?? '')).toEqual(object);
      expect(await objects.find(other.filesBucketId, object.id)).toBeUndefined();
      expect(await objects.findByKey(other.filesBucketId, object.key)).toBeUndefined();
    });

    test('unset fields are null, and an object without a public id is not found by an empty one', async () => {
      const object = await insert({ publicId: null, name: null });
      await insert({ publicId: null });
      const found = await objects.find(account.filesBucketId, object.id);
      expect(found).toMatchObject({ publicId: null, name: null, prefix: null, metadata: null, tags: null });
      expect(found).toMatchObject({ expiresAt: null });
      expect(await objects.findPublic('null')).toBeUndefined();
      expect(await objects.findPublic('')).toBeUndefined();
    });

    test('a key is unique in its bucket, and other buckets can have the same key', async () => {
      await insert({ key: 'a/b' });
      await expect(insert({ key: 'a/b' })).rejects.toThrow();
      expect(await held()).toMatchObject({ storedBytes: 10, storedObjects: 1 });
      expect((await insert({ key: 'a/b' }, other)).key).toBe('a/b');
    });

    test('no position is used twice, even after the removal of the newest object', async () => {
      const first = await insert();
      const second = await insert();
      await objects.remove(second.id, now);
      const third = await insert();
      expect(new Set([first, second, third].map(({ position }) => position)).size).toBe(3);
      expect(await list({ before: third.position })).toEqual(ids(first));
    });

    test('content is read from its place: inline as text and as bytes, a blob, parts in order', async () => {
      const text = await insert({ placed: inlineContent(3) });
      const data = Uint8Array.of(0, 255, 128);
      const bytes = await insert({ placed: { content: { kind: 'inline', data }, size: 3, isText: false } });
      const blob = await insertBlob(1000);
      const parts = await insertParts([5, 5, 2]);
      expect(textOf(await objects.content(text.id))).toBe('xxx');
      const read = await objects.content(bytes.id);
      expect(read?.kind === 'inline' && Buffer.from(read.data).equals(data)).toBe(true);
      expect(await objects.content(blob.object.id)).toEqual({ kind: 'blob', key: blob.key });
      expect(await objects.content(parts.object.id)).toEqual({
        kind: 'parts',
        parts: parts.keys.map((key, index) => ({ key, size: [5, 5, 2][index] ?? 0 })),
      });
      expect(await objects.content('unknown')).toBeUndefined();
    });

    test.each([['text', ''] as const, ['bytes', new Uint8Array(0)] as const])(
      'content of no bytes lies inline, as %s',
      async (_, data) => {
        const object = await insert({ placed: { content: { kind: 'inline', data }, size: 0, isText: true } });
        const content = await objects.content(object.id);
        expect(content?.kind === 'inline' && content.data.length).toBe(0);
      },
    );

    describe('a list', () => {
      test('returns objects of one bucket, the newest first, up to a limit, from a position on', async () => {
        const [first, second, third] = [await insert(), await insert(), await insert()];
        await insert({}, other);
        expect(await list()).toEqual(ids(third, second, first));
        expect(await list({}, now, 2)).toEqual(ids(third, second));
        expect(await list({ before: second.position })).toEqual(ids(first));
        expect(await list({ before: first.position })).toEqual([]);
        await objects.remove(second.id, now);
        expect(await list({ before: second.position })).toEqual(ids(first));
      });

      test('skips expired objects, to the millisecond, swept or not', async () => {
        const endless = await insert();
        await insert({ expiresAt: now });
        const alive = await insert({ expiresAt: now + 1 });
        expect(await list()).toEqual(ids(alive, endless));
        expect(await list({}, now, 1)).toEqual(ids(alive));
      });

      test('filters by the beginning of the prefix, literally and case-sensitively', async () => {
        const [photos, literal] = [
          await insert({ prefix: 'photos/2025' }),
          await insert({ prefix: 'ph%t_s' }),
        ];
        await insert({ prefix: 'Photos/2025' });
        await insert({ prefix: 'a/photos' });
        await insert();
        expect(await list({ prefix: 'photos' })).toEqual(ids(photos));
        expect(await list({ prefix: 'photos/2025' })).toEqual(ids(photos));
        expect(await list({ prefix: 'photos/2025/' })).toEqual([]);
        expect(await list({ prefix: 'ph%t' })).toEqual(ids(literal));
        expect(await list({ prefix: 'ph' })).toEqual(ids(literal, photos));
      });

      test('filters by a whole tag with any characters', async () => {
        const odd = `it's "odd" \\ % 😀`;
        const both = await insert({ tags: ['red', '1'] });
        const second = await insert({ tags: [odd, 'redder'] });
        await insert({ tags: [] });
        await insert();
        expect(await list({ tag: 'red' })).toEqual(ids(both));
        expect(await list({ tag: '1' })).toEqual(ids(both));
        expect(await list({ tag: odd })).toEqual(ids(second));
        expect(await list({ tag: '' })).toEqual([]);
        expect(await list({ tag: 'red', prefix: 'p' })).toEqual([]);
      });

      test('finds nothing for a filter with NUL', async () => {
        await insert({ prefix: 'photos', tags: ['red'] });
        for (const filter of [{ prefix: 'photos\u0000' }, { tag: 'red\u0000' }])
          expect(await list(filter)).toEqual([]);
      });
    });

    describe('a removal', () => {
      test('releases the usage of the account and the blob once', async () => {
        const { key, object } = await insertBlob(1000);
        expect(await held()).toEqual({ storedBytes: 1000, storedObjects: 1, blobBytes: 1000, records: 0 });
        const removed = await Promise.all([objects.remove(object.id, now), objects.remove(object.id, now)]);
        expect(removed.toSorted()).toEqual([false, true]);
        expect(await held()).toEqual({ ...nothingHeld, records: 1 });
        expect(await stores.journal.claimDue(now, 1, 10)).toEqual([
          { key, attempts: 1, directUploadId: null },
        ]);
        expect(await objects.content(object.id)).toBeUndefined();
      });

      test('releases all parts', async () => {
        const { keys, object } = await insertParts([5, 5, 2]);
        expect(await held()).toEqual({ storedBytes: 12, storedObjects: 1, blobBytes: 12, records: 0 });
        expect(await objects.remove(object.id, now)).toBe(true);
        expect(await held()).toEqual({ ...nothingHeld, records: 3 });
        const due = await stores.journal.claimDue(now, 1, 10);
        expect(due.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
      });

      test('of inline content releases the usage without a journal entry', async () => {
        const { id } = await insert();
        expect(await objects.remove(id, now)).toBe(true);
        expect(await held()).toEqual({ ...nothingHeld, records: 0 });
      });

      test('of an expired or unknown object removes nothing, to the millisecond', async () => {
        const { object } = await insertBlob(1000, { expiresAt: now });
        expect(await objects.remove(object.id, now)).toBe(false);
        expect(await objects.remove('unknown', now)).toBe(false);
        expect(await held()).toMatchObject({ storedBytes: 1000, records: 0 });
        expect(await objects.remove(object.id, now - 1)).toBe(true);
      });
    });

    describe('expired objects', () => {
      test('are removed the oldest first, up to a limit, to the millisecond, with their content', async () => {
        const endless = await insertBlob(7);
        const alive = await insertBlob(3, { expiresAt: now + 1 });
        const middle = await insertBlob(100, { expiresAt: now - 10 });
        const inline = await insert({ expiresAt: now });
        const parts = await insertParts([5, 1], now - 20);
        expect(await objects.earliestExpiry()).toBe(now - 20);
        expect(await objects.expire(now, 2)).toMatchObject({ removed: 2 });
        expect(await list({}, 0)).toEqual(ids(inline, alive.object, endless.object));
        expect(await objects.expire(now, 2)).toEqual({ removed: 1, isDone: true });
        expect(await objects.expire(now, 2)).toEqual({ removed: 0, isDone: true });
        expect(await held()).toEqual({ storedBytes: 10, storedObjects: 2, blobBytes: 10, records: 3 });
        const due = (await stores.journal.claimDue(now, 1, 10)).map(({ key }) => key);
        expect(due.toSorted()).toEqual([middle.key, ...parts.keys].toSorted());
        expect(await objects.earliestExpiry()).toBe(now + 1);
      });

      test('reduce the usage of their own accounts', async () => {
        await insert({ expiresAt: now });
        await insert({ expiresAt: now, placed: inlineContent(4) }, other);
        await insert({}, other);
        expect(await objects.expire(now, 10)).toEqual({ removed: 2, isDone: true });
        expect((await stores.accounts.usage(account.id)).storedBytes).toBe(0);
        expect(await stores.accounts.usage(other.id)).toMatchObject({ storedBytes: 10, storedObjects: 1 });
      });

      test('do not exist if nothing has an expiry', async () => {
        await insert();
        expect(await objects.earliestExpiry()).toBeUndefined();
        expect(await objects.expire(Number.MAX_SAFE_INTEGER, 10)).toEqual({ removed: 0, isDone: true });
      });
    });

    test('downloads of many objects add up, and those of removed objects are ignored', async () => {
      const [one, two] = [await insert(), await insert()];
      await objects.addDownloads([
        { id: one.id, count: 2, lastDownloadAt: now + 1 },
        { id: 'gone', count: 9, lastDownloadAt: now },
        { id: two.id, count: 1, lastDownloadAt: now + 2 },
      ]);
      await objects.addDownloads([{ id: one.id, count: 3, lastDownloadAt: now + 5 }]);
      const found = await objects.findPublic(one.publicId ?? '');
      expect(found).toEqual({ ...one, downloads: 5, lastDownloadAt: now + 5 });
      expect(await objects.findPublic(two.publicId ?? '')).toMatchObject({ downloads: 1 });
    });
  });
}

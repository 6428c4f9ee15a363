import { beforeAll, describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { newHashId } from '../../src/core/ids.ts';
import {
  BlobDamaged,
  BlobMissing,
  type BlobStore,
  type ListedBlob,
} from '../../src/core/ports/content/blob-store.ts';
import { waitFor } from '../support/wait-for.ts';
import { chunksOf, content, digest, digestOf } from './blobs/content.ts';

type BlobStoreUnderTest = {
  store: BlobStore;
  /** Everything that the store has under a key: files, objects, unfinished uploads. */
  traces(key: string): Promise<string[]>;
};

const mebibyte = 1024 * 1024;
const timeoutMs = 60_000;
const sizes: [string, number][] = [
  ['no bytes', 0],
  ['one byte', 1],
  ['64 KiB', 65_536],
  ['5 MiB and one byte', 5 * mebibyte + 1],
  ['20 MiB', 20 * mebibyte],
];

/**
 * The contract of every blob store (`src/core/ports/content/blob-store.ts`). The bytes of a key are never secret here.
 */
export function blobStoreContract(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  describe(name, () => {
    let store: BlobStore;
    let traces: BlobStoreUnderTest['traces'];
    beforeAll(async () => {
      ({ store, traces } = await open());
    });

    /** Writes `size` bytes under a new key, with a known or an unknown length. */
    async function written(size: number, known = true): Promise<string> {
      const key = newHashId();
      await store.write(key, chunksOf(size), known ? size : undefined);
      return key;
    }

    describe.each(sizes)('%s', (_, size) => {
      test.each([
        ['known', true],
        ['unknown', false],
      ])(
        'of %s length come back as they went in',
        async (_, known) => {
          const key = await written(size, known);
          expect(await digestOf(await store.open(key))).toEqual({ size, digest: digest(content(0, size)) });
        },
        timeoutMs,
      );
    });

    test.each([
      ['the first byte', 0, 0],
      ['the last byte', 299_999, 299_999],
      ['some in the middle', 1000, 270_000],
      ['all', 0, 299_999],
    ])(
      'a range is exact: %s',
      async (_, start, end) => {
        const key = await written(300_000);
        const bytes = await new Response(await store.open(key, { start, end })).bytes();
        expect(bytes.length).toBe(end - start + 1);
        expect(digest(bytes)).toBe(digest(content(start, end + 1)));
      },
      timeoutMs,
    );

    test(
      'many blobs are written and read concurrently',
      async () => {
        const keys = await Promise.all(Array.from({ length: 40 }, (_, n) => written(1000 * n, n % 2 === 0)));
        const read = await Promise.all(keys.map(async (key) => digestOf(await store.open(key))));
        expect(read.map(({ size }) => size)).toEqual(keys.map((_, n) => 1000 * n));
      },
      timeoutMs,
    );

    test.each([
      ['of known length, at once', 200_000, 0, true],
      ['of known length, half-way', 12 * mebibyte, 6 * mebibyte, true],
      ['of known length, before its last byte', 200_000, 199_999, true],
      ['of unknown length, at once', 200_000, 0, false],
      ['of unknown length, in its first part', 6 * mebibyte, 3 * mebibyte, false],
      ['of unknown length, after whole parts', 24 * mebibyte, 18 * mebibyte, false],
    ])(
      'what a failing source left is gone once it is removed: %s',
      async (_, size, failsAt, known) => {
        const key = newHashId();
        const failure = new Error('the client went away');
        const write = store.write(key, chunksOf(size, { failsAt, failure }), known ? size : undefined);
        await expect(write).rejects.toBe(failure);
        // The server may still handle the broken connection, and store what it received, even after a removal.
        await waitFor('nothing to be left', async () => {
          await store.remove(key);
          const opened = await store.open(key).catch((error: unknown) => error);
          if (opened instanceof ReadableStream) await opened.cancel();
          return opened instanceof BlobMissing && (await traces(key)).length === 0;
        });
      },
      timeoutMs,
    );

    test(
      'a slow store is not overrun: the source is not read ahead of it',
      async () => {
        const key = newHashId();
        let given = 0;
        async function* source() {
          for (; given < 40; given += 1) {
            await new Promise((resolve) => setImmediate(resolve));
            yield content(given * 50_000, (given + 1) * 50_000);
          }
        }
        await store.write(key, source(), 2_000_000);
        expect(given).toBe(40);
        expect(await digestOf(await store.open(key))).toEqual({
          size: 2_000_000,
          digest: digest(content(0, 2_000_000)),
        });
      },
      timeoutMs,
    );

    test(
      'a reader may cancel, before and after its first bytes',
      async () => {
        const key = await written(5 * mebibyte);
        for (let round = 0; round < 20; round += 1) {
          const unread = await store.open(key);
          await unread.cancel();
          const reader = (await store.open(key)).getReader();
          expect((await reader.read()).done).toBe(false);
          // Also while a read is pending.
          const next = reader.read().catch(() => undefined);
          await reader.cancel();
          await next;
        }
        expect((await digestOf(await store.open(key))).size).toBe(5 * mebibyte);
      },
      timeoutMs,
    );

    test(
      'an open blob is read to its end, even if it is removed during the read',
      async () => {
        const key = await written(5 * mebibyte + 1);
        const reader = (await store.open(key)).getReader();
        const hash = createHash('sha256');
        const first = await reader.read();
        if (first.value) hash.update(first.value);
        await store.remove(key);
        await expect(store.open(key)).rejects.toBeInstanceOf(BlobMissing);
        for (let next = await reader.read(); !next.done; next = await reader.read()) hash.update(next.value);
        expect(hash.digest('hex')).toBe(digest(content(0, 5 * mebibyte + 1)));
        expect(await traces(key)).toEqual([]);
      },
      timeoutMs,
    );

    test.each([
      ['no bytes', 0],
      ['some', 300_000],
      ['many', 12 * mebibyte + 1],
    ])(
      'a copy of %s reads as what it is a copy of, whole and in ranges, and outlives it',
      async (_, size) => {
        const [key, copy] = [await written(size), newHashId()];
        await store.copy(key, copy);
        expect(await digestOf(await store.open(key))).toEqual({ size, digest: digest(content(0, size)) });
        await store.remove(key);
        expect(await traces(key)).toEqual([]);
        await expect(store.open(key)).rejects.toBeInstanceOf(BlobMissing);
        expect(await digestOf(await store.open(copy))).toEqual({ size, digest: digest(content(0, size)) });
        if (size > 0) {
          const bytes = await new Response(await store.open(copy, { start: 1000, end: 200_000 })).bytes();
          expect(digest(bytes)).toBe(digest(content(1000, 200_001)));
        }
        expect(await listedOf(store, [key, copy])).toEqual([{ key: copy, size }]);
      },
      timeoutMs,
    );

    test('a blob outlives its copies, and copies can be copied', async () => {
      const key = await written(100_000);
      const copies = Array.from({ length: 10 }, () => newHashId());
      let last = key;
      for (const copy of copies) {
        await store.copy(last, copy);
        last = copy;
      }
      await Promise.all(copies.slice(0, 9).map((copy) => store.remove(copy)));
      for (const kept of [key, last]) expect((await digestOf(await store.open(kept))).size).toBe(100_000);
      await store.remove(last);
      expect((await digestOf(await store.open(key))).digest).toBe(digest(content(0, 100_000)));
      for (const copy of copies) expect(await traces(copy)).toEqual([]);
    });

    test('a copy of a missing or removed blob is BlobMissing and leaves nothing', async () => {
      const [removed, copy] = [await written(10), newHashId()];
      await store.remove(removed);
      for (const missing of [removed, newHashId()])
        await expect(store.copy(missing, copy)).rejects.toBeInstanceOf(BlobMissing);
      expect(await traces(copy)).toEqual([]);
    });

    test('a removal leaves nothing, and can be repeated, also for an unknown key', async () => {
      const key = await written(100_000);
      expect(await traces(key)).not.toEqual([]);
      await store.remove(key);
      expect(await traces(key)).toEqual([]);
      await store.remove(key);
      await store.remove(newHashId());
    });

    test('a removal affects no other blob', async () => {
      const key = await written(1000);
      const others = [`${key.slice(0, 31)}${key.endsWith('0') ? '1' : '0'}`, newHashId()];
      for (const other of others) await store.write(other, chunksOf(10), 10);
      await store.remove(key);
      for (const other of others) expect((await digestOf(await store.open(other))).size).toBe(10);
    });

    test('a read of a missing blob, whole or in a range, is BlobMissing', async () => {
      await expect(store.open(newHashId())).rejects.toBeInstanceOf(BlobMissing);
      await expect(store.open(newHashId(), { start: 0, end: 9 })).rejects.toBeInstanceOf(BlobMissing);
    });

    test.each([undefined, { start: 2, end: 4 }])(
      'of another size it is BlobDamaged (range %j)',
      async (range) => {
        const key = await written(10);
        for (const size of [9, 11])
          await expect(store.open(key, range, size)).rejects.toBeInstanceOf(BlobDamaged);
        await (await store.open(key, range, 10)).cancel();
      },
    );

    test('a list has every key with its size, without removed ones', async () => {
      const sizes = [0, 1, 70_000, 6 * mebibyte];
      const blobs = await Promise.all(sizes.map(async (size) => ({ key: await written(size), size })));
      const unknown = { key: await written(6 * mebibyte, false), size: 6 * mebibyte };
      const removed = await written(10);
      await store.remove(removed);
      const listed = await listedOf(store, [...blobs.map(({ key }) => key), unknown.key, removed]);
      expect(listed).toEqual([...blobs, unknown].sort(byKey));
    });

    test('a list has no size for a half-written blob', async () => {
      const key = newHashId();
      const { promise: held, resolve: go } = Promise.withResolvers<void>();
      async function* source() {
        yield* chunksOf(20 * mebibyte);
        await held;
      }
      const write = store.write(key, source());
      await waitFor('the write to have begun', async () => (await traces(key)).length > 0);
      expect(await listedOf(store, [key])).toEqual([{ key, size: undefined }]);
      go();
      await write;
      expect(await listedOf(store, [key])).toEqual([{ key, size: 20 * mebibyte }]);
    });

    test('a list can be left before its end, and does not block writers', async () => {
      await written(10);
      for (let round = 0; round < 10; round += 1) for await (const { key } of store.list()) if (key) break;
      const before = await written(10);
      const listed: string[] = [];
      for await (const { key } of store.list()) {
        if (listed.length % 100 === 0) await store.remove(await written(10));
        listed.push(key);
      }
      expect(listed).toContain(before);
    });

    test('it answers a ping, and returns its free space or undefined', async () => {
      await store.ping();
      const free = await store.freeSpace();
      expect(free === undefined || free > 0).toBe(true);
    });
  });
}

const byKey = (one: ListedBlob, other: ListedBlob) => (one.key < other.key ? -1 : 1);

/** The entries of these keys in a list: the store may hold keys of other tests. */
async function listedOf(store: BlobStore, keys: string[]): Promise<ListedBlob[]> {
  const listed: ListedBlob[] = [];
  for await (const blob of store.list()) if (keys.includes(blob.key)) listed.push(blob);
  return listed.sort(byKey);
}

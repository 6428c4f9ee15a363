import { beforeAll, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { BlobStore } from '../../src/core/ports/content/blob-store.ts';
import type { DirectPart, DirectUploads } from '../../src/core/ports/files/direct-uploads.ts';
import { failureOf } from '../core/failure-of.ts';
import { chunksOf, content } from './blobs/content.ts';
import type { DirectStoreUnderTest } from './direct-uploads.contract.ts';
import { callers } from './race.ts';

const mebibyte = 1024 * 1024;

/** The contract of parts that are written through this server (`src/core/ports/files/direct-uploads.ts`). */
export function writtenPartsContract(name: string, open: () => Promise<DirectStoreUnderTest>): void {
  describe(name, () => {
    let store: BlobStore;
    let direct: DirectUploads;
    let unfinished: DirectStoreUnderTest['unfinished'];
    beforeAll(async () => {
      ({ store, direct, unfinished } = await open());
    });

    const read = async (key: string) => Buffer.from(await new Response(await store.open(key)).bytes());

    async function begun() {
      const key = newHashId();
      return { key, uploadId: await direct.startParts(key, 'video/mp4') };
    }

    /** Writes parts of these sizes and numbers concurrently; each has the bytes of `content` from 0 on. */
    async function written(parts: [number, number][]) {
      const { key, uploadId } = await begun();
      const write = async ([number, size]: [number, number]): Promise<DirectPart> => ({
        number,
        etag: await direct.writePart(key, uploadId, number, chunksOf(size), size),
      });
      return { key, uploadId, parts: await Promise.all(parts.map(write)) };
    }

    test('of different sizes, in any order, make up the object in the order of their numbers', async () => {
      const [large, least, last] = [12 * mebibyte + 3, 5 * mebibyte, 1000];
      const { key, uploadId, parts } = await written([
        [10_000, last],
        [2, least],
        [1, large],
      ]);
      for (const { etag } of parts) expect(etag).toMatch(/^[^"]+$/);
      await direct.completeParts(key, uploadId, parts);
      const whole = Buffer.concat([large, least, last].map((size) => content(0, size)));
      expect((await read(key)).equals(whole)).toBe(true);
    });

    test('can be completed with ETags in quotes', async () => {
      const { key, uploadId, parts } = await written([[1, 1000]]);
      const quoted = parts.map(({ number, etag }) => ({ number, etag: `"${etag}"` }));
      await direct.completeParts(key, uploadId, quoted);
      expect((await read(key)).length).toBe(1000);
    });

    test('can be empty', async () => {
      const { key, uploadId, parts } = await written([[1, 0]]);
      await direct.completeParts(key, uploadId, parts);
      expect((await read(key)).length).toBe(0);
    });

    test('that the completion does not name are removed', async () => {
      const { key, uploadId, parts } = await written([
        [1, 5 * mebibyte],
        [2, 6 * mebibyte],
        [3, 10],
      ]);
      const named = parts.filter(({ number }) => number !== 2);
      await direct.completeParts(key, uploadId, named);
      expect((await read(key)).length).toBe(5 * mebibyte + 10);
      expect(await unfinished(key)).toEqual([]);
    });

    test('except the last under 5 MiB are part_too_small, and can be written again', async () => {
      const { key, uploadId, parts } = await written([
        [1, 5 * mebibyte],
        [2, 5 * mebibyte - 1],
        [3, 10],
      ]);
      const failure = await failureOf(() => direct.completeParts(key, uploadId, parts));
      expect(failure.code).toBe('part_too_small');
      const etag = await direct.writePart(key, uploadId, 2, chunksOf(5 * mebibyte), 5 * mebibyte);
      expect(etag).not.toBe(parts[1]?.etag);
      const better = parts.map((part) => (part.number === 2 ? { number: 2, etag } : part));
      await direct.completeParts(key, uploadId, better);
      expect((await read(key)).length).toBe(10 * mebibyte + 10);
    });

    test.each([
      ['at once', 0],
      ['half-way', 3 * mebibyte],
      ['before their last byte', 6 * mebibyte - 1],
    ])('whose source fails %s are not stored, and can be written again', async (_, failsAt) => {
      const size = 6 * mebibyte;
      const { key, uploadId, parts } = await written([[1, 5 * mebibyte]]);
      const failure = new Error('the client went away');
      for (const number of [1, 2]) {
        const write = direct.writePart(key, uploadId, number, chunksOf(size, { failsAt, failure }), size);
        await expect(write).rejects.toBe(failure);
      }
      // The earlier part is intact or gone: this store is lenient.
      const before = await direct.completeParts(key, uploadId, parts).catch((error) => error.code);
      expect(before).toMatch(/^(?:invalid|"[0-9a-f]{32}-1")$/);
      if (before === 'invalid') {
        const etag = await direct.writePart(key, uploadId, 1, chunksOf(5 * mebibyte), 5 * mebibyte);
        await direct.completeParts(key, uploadId, [{ number: 1, etag }]);
      }
      expect((await read(key)).equals(content(0, 5 * mebibyte))).toBe(true);
    });

    test('are read only as fast as the store takes them', async () => {
      const { key, uploadId } = await begun();
      let given = 0;
      let most = 0;
      async function* source() {
        for (; given < 400; given += 1) {
          const before = process.memoryUsage().rss;
          yield content(0, 100_000);
          most = Math.max(most, process.memoryUsage().rss - before);
        }
      }
      await direct.writePart(key, uploadId, 1, source(), 40_000_000);
      expect(given).toBe(400);
      expect(most).toBeLessThan(20_000_000);
      await store.remove(key, uploadId);
    });

    test('of an unknown, aborted or completed upload are upload_not_found', async () => {
      const [{ key, uploadId, parts }, given, other] = [
        await written([[1, 10]]),
        await begun(),
        await begun(),
      ];
      await direct.completeParts(key, uploadId, parts);
      await store.remove(given.key, given.uploadId);
      const unknown: [string, string][] = [
        [key, uploadId],
        [given.key, given.uploadId],
        [given.key, other.uploadId],
        [other.key, 'no-such-upload'],
      ];
      for (const [ofKey, id] of unknown)
        for (const size of [10, 12 * mebibyte]) {
          const failure = await failureOf(() => direct.writePart(ofKey, id, 1, chunksOf(size), size));
          expect([id, size, failure.code]).toEqual([id, size, 'upload_not_found']);
        }
      await store.remove(other.key, other.uploadId);
    });

    test('of one number from 16 concurrent callers are one intact part', async () => {
      const { key, uploadId } = await begun();
      const bodies = Array.from({ length: callers }, (_, caller) => content(caller, caller + 100_000));
      const etags = await Promise.all(
        bodies.map((body) => direct.writePart(key, uploadId, 1, chunkOf(body), body.length)),
      );
      let isComplete = false;
      for (const etag of etags)
        isComplete ||= await direct.completeParts(key, uploadId, [{ number: 1, etag }]).then(
          () => true,
          (error) => {
            if (error.code !== 'invalid') throw error;
            return false;
          },
        );
      expect(isComplete).toBe(true);
      // A lenient store may store the bytes of one caller with the ETag of another.
      const stored = await read(key);
      expect(bodies.filter((body) => stored.equals(body))).toHaveLength(1);
    });
  });
}

async function* chunkOf(bytes: Uint8Array) {
  yield bytes;
}

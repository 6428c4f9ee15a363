import { beforeAll, describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import type { BlobStore } from '../../src/core/ports/content/blob-store.ts';
import type { DirectPart, DirectUploads } from '../../src/core/ports/files/direct-uploads.ts';
import { failureOf } from '../core/failure-of.ts';
import { content } from './blobs/content.ts';
import { type Put, putWithCurl, putWithFetch } from './blobs/put.ts';
import type { DirectStoreUnderTest } from './direct-uploads.contract.ts';
import { callers } from './race.ts';

const mebibyte = 1024 * 1024;
const mediaType = 'text/plain; charset=utf-8';
const greeting = new TextEncoder().encode('hello');

/**
 * The contract of parts that clients write by presigned URLs (`src/core/ports/files/direct-uploads.ts`). Needs curl.
 */
export function directPartsContract(name: string, open: () => Promise<DirectStoreUnderTest>): void {
  describe(name, () => {
    let store: BlobStore;
    let direct: DirectUploads;
    let unfinished: DirectStoreUnderTest['unfinished'];
    beforeAll(async () => {
      ({ store, direct, unfinished } = await open());
    });

    const read = async (key: string) => new Response(await store.open(key)).bytes();

    const sizes = [5 * mebibyte, 5 * mebibyte, 1000];

    /** Starts an upload and PUTs its parts, in the order of these numbers. */
    async function begun(order: number[], put: Put = putWithFetch) {
      const key = newHashId();
      const uploadId = await direct.startParts(key, 'video/mp4');
      const parts: DirectPart[] = [];
      for (const number of order) {
        const bytes = bytesOf(number);
        const url = await direct.presignPart(key, uploadId, number, bytes.length, 60);
        const { status, etag } = await put(url, bytes);
        expect([number, status]).toEqual([number, 200]);
        parts.push({ number, etag });
      }
      return { key, uploadId, parts };
    }

    function bytesOf(number: number): Uint8Array<ArrayBuffer> {
      const start = sizes.slice(0, number - 1).reduce((sum, size) => sum + size, 0);
      return content(start, start + (sizes[number - 1] ?? 0));
    }

    const whole = content(0, 10 * mebibyte + 1000);

    test.each<[string, Put]>([
      ['fetch', putWithFetch],
      ['curl', putWithCurl],
    ])(
      'by %s, sent and listed in any order, become the bytes in the order of their numbers',
      async (_, put) => {
        const { key, uploadId, parts } = await begun([3, 1, 2], put);
        expect(await direct.inspect(key)).toBeUndefined();
        await direct.completeParts(key, uploadId, parts);
        expect((await direct.inspect(key))?.size).toBe(whole.length);
        expect(Buffer.from(await read(key)).equals(whole)).toBe(true);
        expect(await unfinished(key)).toEqual([]);
      },
    );

    test('can be completed twice', async () => {
      const { key, uploadId, parts } = await begun([1, 2, 3]);
      await direct.completeParts(key, uploadId, parts);
      await direct.completeParts(key, uploadId, parts);
      expect((await direct.inspect(key))?.size).toBe(whole.length);
    });

    test('a repeated part replaces the earlier one, whose ETag is refused', async () => {
      const { key, uploadId, parts } = await begun([1]);
      const other = content(77, 77 + 5 * mebibyte);
      const { etag } = await putWithFetch(
        await direct.presignPart(key, uploadId, 1, other.length, 60),
        other,
      );
      const failure = await failureOf(() => direct.completeParts(key, uploadId, parts));
      expect([failure.code, failure.field]).toEqual(['invalid', 'parts']);
      await direct.completeParts(key, uploadId, [{ number: 1, etag }]);
      expect(Buffer.from(await read(key)).equals(other)).toBe(true);
    });

    test('are kept if a completion names parts that the store does not have', async () => {
      const { key, uploadId, parts } = await begun([1, 2, 3]);
      const [first, second, third] = parts as [DirectPart, DirectPart, DirectPart];
      const wrong: DirectPart[][] = [
        [],
        [first, { ...second, etag: first.etag.replace(/[0-9a-f]/, 'x') }],
        [first, second, { number: 4, etag: third.etag }],
        [first, first],
        [{ number: 0, etag: first.etag }],
        [{ number: -1, etag: first.etag }],
        [{ number: 10_001, etag: first.etag }],
        [{ number: 1, etag: '' }],
        [{ number: 1, etag: '</ETag>\u0001\ud800' }],
      ];
      for (const these of wrong) {
        const failure = await failureOf(() => direct.completeParts(key, uploadId, these));
        expect([these, failure.code, failure.field]).toEqual([these, 'invalid', 'parts']);
      }
      await direct.completeParts(key, uploadId, parts);
      expect((await direct.inspect(key))?.size).toBe(whole.length);
    });

    test('that are too small are refused, except the last one', async () => {
      const key = newHashId();
      const uploadId = await direct.startParts(key, mediaType);
      const parts: DirectPart[] = [];
      for (const number of [1, 2]) {
        const url = await direct.presignPart(key, uploadId, number, greeting.length, 60);
        parts.push({ number, etag: (await putWithFetch(url, greeting)).etag });
      }
      const failure = await failureOf(() => direct.completeParts(key, uploadId, parts));
      expect([failure.code, failure.message]).toEqual(['part_too_small', expect.stringContaining('5 MiB')]);
      await store.remove(key);
    });

    test('are refused by the store with another length, number or upload', async () => {
      const { key, uploadId } = await begun([]);
      const url = await direct.presignPart(key, uploadId, 1, greeting.length, 60);
      const other = await direct.startParts(key, mediaType);
      expect((await putWithFetch(url, content(0, 6))).status).toBe(403);
      for (const altered of [url.replace('partNumber=1', 'partNumber=2'), url.replace(uploadId, other)])
        expect((await putWithFetch(altered, greeting)).status).toBe(403);
      await store.remove(key);
      expect((await putWithFetch(url, greeting)).status).toBe(404);
    });

    test('are upload_not_found after an abort', async () => {
      const { key, uploadId, parts } = await begun([1]);
      await store.remove(key);
      const failure = await failureOf(() => direct.completeParts(key, uploadId, parts));
      expect(failure.code).toBe('upload_not_found');
    });

    test('can be completed by 16 concurrent callers', async () => {
      const { key, uploadId, parts } = await begun([1, 2, 3]);
      await Promise.all(Array.from({ length: callers }, () => direct.completeParts(key, uploadId, parts)));
      expect(Buffer.from(await read(key)).equals(whole)).toBe(true);
      expect(await unfinished(key)).toEqual([]);
    });
  });
}

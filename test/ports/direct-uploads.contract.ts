import { beforeAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newHashId } from '../../src/core/ids.ts';
import type { BlobStore } from '../../src/core/ports/content/blob-store.ts';
import type { DirectUploads } from '../../src/core/ports/files/direct-uploads.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { content } from './blobs/content.ts';
import { curl, type Put, putWithCurl, putWithFetch } from './blobs/put.ts';
import { callers } from './race.ts';

export type DirectStoreUnderTest = {
  store: BlobStore;
  direct: DirectUploads;
  /** The unfinished uploads in parts of a key, as the store lists them. */
  unfinished(key: string): Promise<string[]>;
};

const mebibyte = 1024 * 1024;
const mediaType = 'text/plain; charset=utf-8';
const greeting = new TextEncoder().encode('hello');

/**
 * The contract of every blob store that clients write to by presigned URLs
 * (`src/core/ports/files/direct-uploads.ts`), except for parts. Needs curl.
 */
export function directUploadsContract(name: string, open: () => Promise<DirectStoreUnderTest>): void {
  describe(name, () => {
    let store: BlobStore;
    let direct: DirectUploads;
    beforeAll(async () => {
      ({ store, direct } = await open());
    });

    const read = async (key: string) => new Response(await store.open(key)).bytes();

    /** A new key with `bytes`, uploaded as a client does. */
    async function uploaded(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
      const key = newHashId();
      const { status } = await putWithFetch(
        await direct.presignPut(key, mediaType, bytes.length, 60),
        bytes,
        mediaType,
      );
      expect(status).toBe(200);
      return key;
    }

    async function versionOf(key: string): Promise<string> {
      const blob = await direct.inspect(key);
      if (blob === undefined) throw new Error(`nothing is under ${key}`);
      return blob.version;
    }

    describe.each<[string, Put]>([
      ['fetch', putWithFetch],
      ['curl', putWithCurl],
    ])('by a PUT of %s', (_, put) => {
      test.each([0, 1, 300_000, 6 * mebibyte])(
        'of the declared type and length are taken: %d bytes',
        async (size) => {
          const key = newHashId();
          const bytes = content(0, size);
          const url = await direct.presignPut(key, mediaType, size, 60);
          expect((await put(url, bytes, mediaType)).status).toBe(200);
          expect(await direct.inspect(key)).toEqual({ size, version: expect.stringMatching(/./) });
          expect(Buffer.from(await read(key)).equals(bytes)).toBe(true);
        },
      );

      test('with another type or none are refused by the store', async () => {
        const key = newHashId();
        const url = await direct.presignPut(key, mediaType, greeting.length, 60);
        for (const type of ['text/html', 'text/plain', undefined])
          expect((await put(url, greeting, type)).status).toBe(403);
        expect(await direct.inspect(key)).toBeUndefined();
      });

      test('with another length are refused by the store', async () => {
        const key = newHashId();
        const url = await direct.presignPut(key, mediaType, greeting.length, 60);
        for (const length of [0, 4, 6, 100_000])
          expect((await put(url, content(0, length), mediaType)).status).toBe(403);
        expect(await direct.inspect(key)).toBeUndefined();
      });

      test('to the URL of another key, or to one without its signature, are refused by the store', async () => {
        const [key, other] = [newHashId(), newHashId()];
        const url = await direct.presignPut(key, mediaType, greeting.length, 60);
        for (const altered of [url.replace(key, other), url.replace(/\?.*/, '')]) {
          expect(altered).not.toBe(url);
          expect((await put(altered, greeting, mediaType)).status).toBeOneOf([400, 403]);
        }
        expect(await direct.inspect(key)).toBeUndefined();
        expect(await direct.inspect(other)).toBeUndefined();
      });

      test('to an expired URL are refused by the store', async () => {
        const key = newHashId();
        const url = await direct.presignPut(key, mediaType, greeting.length, 1);
        await sleep(2100);
        expect((await put(url, greeting, mediaType)).status).toBe(403);
        expect(await direct.inspect(key)).toBeUndefined();
      });

      test('can be repeated, and the last one counts', async () => {
        const key = newHashId();
        const url = await direct.presignPut(key, mediaType, greeting.length, 60);
        expect((await put(url, greeting, mediaType)).status).toBe(200);
        const version = await versionOf(key);
        expect((await put(url, new TextEncoder().encode('HELLO'), mediaType)).status).toBe(200);
        expect(await versionOf(key)).not.toBe(version);
        expect(new TextDecoder().decode(await read(key))).toBe('HELLO');
      });
    });

    test('without a length in the request are refused by the store', async () => {
      const key = newHashId();
      const url = await direct.presignPut(key, mediaType, greeting.length, 60);
      const file = join(temporaryDirectory('put'), 'body');
      writeFileSync(file, greeting);
      const chunked = ['-H', 'Transfer-Encoding: chunked', '-H', `Content-Type: ${mediaType}`];
      expect((await curl(...chunked, '-T', file, url)).status).toBeOneOf([403, 411]);
      expect(await direct.inspect(key)).toBeUndefined();
    });

    test('that break off are dropped or have another size', async () => {
      const key = newHashId();
      const declared = 4 * mebibyte;
      const url = new URL(await direct.presignPut(key, mediaType, declared, 60));
      const lines = [
        `PUT ${url.pathname}${url.search} HTTP/1.1`,
        `Host: ${url.host}`,
        `Content-Type: ${mediaType}`,
        `Content-Length: ${declared}`,
      ];
      const socket = createConnection(Number(url.port), url.hostname);
      await new Promise<void>((resolve) => {
        socket.write(`${lines.join('\r\n')}\r\n\r\n`);
        socket.write(content(0, mebibyte), () => resolve());
      });
      socket.destroy();
      await sleep(300);
      expect((await direct.inspect(key))?.size).not.toBe(declared);
      await store.remove(key);
    });

    test('have the content coding that they were sent with', async () => {
      const key = newHashId();
      const url = await direct.presignPut(key, mediaType, greeting.length, 60);
      const headers = { 'content-type': mediaType, 'content-encoding': 'gzip' };
      const response = await fetch(url, { method: 'PUT', body: greeting, headers });
      expect(response.status).toBe(200);
      expect((await direct.inspect(key))?.contentEncoding).toBe('gzip');
      expect((await direct.inspect(await uploaded(greeting)))?.contentEncoding).toBeUndefined();
    });

    test('of 16 concurrent clients to one URL leave the bytes of one of them', async () => {
      const key = newHashId();
      const url = await direct.presignPut(key, mediaType, 300_000, 60);
      const bodies = Array.from({ length: callers }, (_, client) => content(client, client + 300_000));
      const answers = await Promise.all(bodies.map((body) => putWithFetch(url, body, mediaType)));
      expect(answers.map(({ status }) => status)).toContain(200);
      const stored = Buffer.from(await read(key));
      expect(bodies.filter((body) => stored.equals(body))).toHaveLength(1);
    });

    describe('copies', () => {
      test('have the bytes of that version, and the source stays', async () => {
        const bytes = content(0, 2 * mebibyte);
        const [from, to] = [await uploaded(bytes), newHashId()];
        expect(await direct.copy(from, await versionOf(from), to)).toBe(true);
        // Again, as after a lost response.
        expect(await direct.copy(from, await versionOf(from), to)).toBe(true);
        await store.remove(from);
        expect(Buffer.from(await read(to)).equals(bytes)).toBe(true);
      });

      test('return false if the source has changed or is gone', async () => {
        const [from, to] = [newHashId(), newHashId()];
        const url = await direct.presignPut(from, mediaType, greeting.length, 60);
        await putWithFetch(url, greeting, mediaType);
        const version = await versionOf(from);
        await putWithFetch(url, new TextEncoder().encode('HELLO'), mediaType);
        expect(await direct.copy(from, version, to)).toBe(false);
        await store.remove(from);
        expect(await direct.copy(from, version, to)).toBe(false);
        expect(await direct.inspect(to)).toBeUndefined();
      });

      test('are not changed by a later PUT', async () => {
        const [from, to] = [newHashId(), newHashId()];
        const url = await direct.presignPut(from, mediaType, greeting.length, 60);
        await putWithFetch(url, greeting, mediaType);
        await direct.copy(from, await versionOf(from), to);
        await putWithFetch(url, new TextEncoder().encode('HELLO'), mediaType);
        expect(new TextDecoder().decode(await read(to))).toBe('hello');
      });

      test('of one version succeed for 16 concurrent callers', async () => {
        const from = await uploaded(greeting);
        const version = await versionOf(from);
        const copies = Array.from({ length: callers }, () => newHashId());
        const made = await Promise.all(copies.map((to) => direct.copy(from, version, to)));
        expect(made).toEqual(copies.map(() => true));
        for (const to of copies) expect(new TextDecoder().decode(await read(to))).toBe('hello');
      });

      test('concurrent with 16 new PUTs have that version or fail', async () => {
        const [from, to] = [newHashId(), newHashId()];
        const url = await direct.presignPut(from, mediaType, greeting.length, 60);
        await putWithFetch(url, greeting, mediaType);
        const version = await versionOf(from);
        const puts = Array.from({ length: callers }, (_, client) =>
          putWithFetch(url, new TextEncoder().encode(`HELL${client % 10}`), mediaType),
        );
        const copied = await direct.copy(from, version, to);
        await Promise.all(puts);
        if (copied) expect(new TextDecoder().decode(await read(to))).toBe('hello');
        else expect(await direct.inspect(to)).toBeUndefined();
      });
    });
  });
}

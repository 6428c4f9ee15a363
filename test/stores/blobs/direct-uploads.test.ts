import { beforeAll, describe, expect, test } from 'bun:test';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { newHashId } from '../../../src/core/ids.ts';
import type { DirectPart } from '../../../src/core/ports/direct-uploads.ts';
import { S3BlobStore } from '../../../src/stores/blobs/s3.ts';
import { failureOf } from '../../core/failure-of.ts';
import { checkout, partPath } from '../../support/parts.ts';
import { freePort } from '../../support/ports.ts';
import { startProcess } from '../../support/running-process.ts';
import { sharedS3, startS3 } from '../../support/s3.ts';
import type { S3Bucket } from '../../support/s3-bucket.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { content } from './content.ts';

const mebibyte = 1024 * 1024;
const mediaType = 'text/plain; charset=utf-8';
const greeting = new TextEncoder().encode('hello');

type Answer = { status: number; etag: string };
type Put = (url: string, body: Uint8Array<ArrayBuffer>, type?: string) => Promise<Answer>;

const putWithFetch: Put = async (url, body, type) => {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
  const response = await fetch(url, {
    method: 'PUT',
    body: body,
    headers,
  });
  await response.arrayBuffer();
  return { status: response.status, etag: response.headers.get('etag') ?? '' };
};

const putWithCurl: Put = async (url, body, type) => {
  const file = join(temporaryDirectory('put'), 'body');
  await Bun.write(file, body);
  return curl('-T', file, ...(type === undefined ? [] : ['-H', `Content-Type: ${type}`]), url);
};

async function curl(...args: string[]): Promise<Answer> {
  const format = '%{http_code} %header{etag}';
  const quiet = ['-q', '-sS', '--noproxy', '*', '-o', '/dev/null', '-w', format];
  const process = startProcess('curl', [...quiet, ...args]);
  await process.exited;
  const [status, etag = ''] = process.output().split(' ');
  return { status: Number(status), etag };
}

await suiteWith(['versitygw', 'curl'], 'uploads straight to S3', () => {
  let bucket: S3Bucket;
  let store: S3BlobStore;
  let direct: S3BlobStore['direct'];
  beforeAll(async () => {
    bucket = await sharedS3();
    store = new S3BlobStore(bucket);
    ({ direct } = store);
  });

  const read = async (key: string) => new Response(await store.open(key)).bytes();

  /** A new key that holds `bytes`, put there as a client does. */
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

    test('of another type, or of none, are refused by the store', async () => {
      const key = newHashId();
      const url = await direct.presignPut(key, mediaType, greeting.length, 60);
      for (const type of ['text/html', 'text/plain', undefined])
        expect((await put(url, greeting, type)).status).toBe(403);
      expect(await direct.inspect(key)).toBeUndefined();
    });

    test('of another length are refused by the store', async () => {
      const key = newHashId();
      const url = await direct.presignPut(key, mediaType, greeting.length, 60);
      for (const length of [0, 4, 6, 100_000])
        expect((await put(url, content(0, length), mediaType)).status).toBe(403);
      expect(await direct.inspect(key)).toBeUndefined();
    });

    test('to an altered URL, or to another key, are refused by the store', async () => {
      const [key, other] = [newHashId(), newHashId()];
      const url = await direct.presignPut(key, mediaType, greeting.length, 60);
      const signature = new URL(url).searchParams.get('X-Amz-Signature') ?? '';
      const swapped = signature.startsWith('0') ? '1' : '0';
      const altered = [
        url.replace(signature, swapped + signature.slice(1)),
        url.replace(key, other),
        url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
        url.replace('content-length%3Bcontent-type%3Bhost', 'host'),
        url.replace(/&X-Amz-Signature=[^&]*/, ''),
        url.replace(/\?.*/, ''),
      ];
      for (const one of altered) {
        expect(one).not.toBe(url);
        expect((await put(one, greeting, mediaType)).status).toBeOneOf([400, 403]);
      }
      expect(await direct.inspect(key)).toBeUndefined();
      expect(await direct.inspect(other)).toBeUndefined();
    });

    test('to an expired URL are refused by the store', async () => {
      const key = newHashId();
      const url = await direct.presignPut(key, mediaType, greeting.length, 1);
      await Bun.sleep(2100);
      expect((await put(url, greeting, mediaType)).status).toBe(403);
      expect(await direct.inspect(key)).toBeUndefined();
    });

    test('may come twice, and the later counts', async () => {
      const key = newHashId();
      const url = await direct.presignPut(key, mediaType, greeting.length, 60);
      expect((await put(url, greeting, mediaType)).status).toBe(200);
      const version = await versionOf(key);
      expect((await put(url, new TextEncoder().encode('HELLO'), mediaType)).status).toBe(200);
      expect(await versionOf(key)).not.toBe(version);
      expect(new TextDecoder().decode(await read(key))).toBe('HELLO');
    });
  });

  test('of a length that the request does not tell are refused by the store', async () => {
    const key = newHashId();
    const url = await direct.presignPut(key, mediaType, greeting.length, 60);
    const file = join(temporaryDirectory('put'), 'body');
    await Bun.write(file, greeting);
    const chunked = ['-H', 'Transfer-Encoding: chunked', '-H', `Content-Type: ${mediaType}`];
    expect((await curl(...chunked, '-T', file, url)).status).toBeOneOf([403, 411]);
    expect(await direct.inspect(key)).toBeUndefined();
  });

  test('have nothing in their URL that a plain PUT would have to match but type, length and host', async () => {
    const url = new URL(await direct.presignPut(newHashId(), mediaType, 5, 60));
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host');
    expect([...url.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
    expect(url.searchParams.get('X-Amz-Content-Sha256')).toBe('UNSIGNED-PAYLOAD');
    expect(url.href).not.toContain(bucket.secretAccessKey);
  });

  test('that break off are seen by their size, if they are kept at all', async () => {
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
    await Bun.sleep(300);
    expect((await direct.inspect(key))?.size).not.toBe(declared);
    await store.remove(key);
  });

  test('name the public endpoint, and are signed for it; the server goes on with its own', async () => {
    const key = newHashId();
    const url = await direct.presignPut(key, mediaType, greeting.length, 60);
    const nobodyListens = `http://127.0.0.1:${await freePort()}`;
    const { hostname, port } = new URL(bucket.endpoint);
    expect(hostname).toBe('127.0.0.1');
    const byName = new S3BlobStore({ ...bucket, publicEndpoint: `http://localhost:${port}` });
    const named = await byName.direct.presignPut(key, mediaType, greeting.length, 60);
    expect(new URL(named).host).toBe(`localhost:${port}`);
    // The host is part of the signature.
    expect((await putWithFetch(named.replace('localhost', '127.0.0.1'), greeting, mediaType)).status).toBe(
      403,
    );
    expect((await putWithCurlTo('127.0.0.1', named)).status).toBe(200);
    expect(await byName.direct.inspect(key)).toEqual({ size: 5, version: expect.any(String) });

    const unreachable = new S3BlobStore({ ...bucket, publicEndpoint: `${nobodyListens}/s3` });
    const elsewhere = await unreachable.direct.presignPart(key, 'an-upload', 1, 5, 60);
    expect(elsewhere).toStartWith(`${nobodyListens}/s3/${bucket.bucket}/blobs/${key}?`);
    expect((await unreachable.direct.inspect(key))?.size).toBe(5);
    expect(new URL(url).origin).toBe(bucket.endpoint);
  });

  /** PUTs the greeting, with the host of the URL found at `address`. */
  async function putWithCurlTo(address: string, url: string): Promise<Answer> {
    const { hostname, port } = new URL(url);
    const file = join(temporaryDirectory('put'), 'body');
    await Bun.write(file, greeting);
    const found = ['--resolve', `${hostname}:${port}:${address}`];
    return curl(...found, '-T', file, '-H', `Content-Type: ${mediaType}`, url);
  }

  describe('copies', () => {
    test('are the bytes of that version, and the first stays', async () => {
      const bytes = content(0, 2 * mebibyte);
      const [from, to] = [await uploaded(bytes), newHashId()];
      expect(await direct.copy(from, await versionOf(from), to)).toBe(true);
      // Again: a try whose answer was lost.
      expect(await direct.copy(from, await versionOf(from), to)).toBe(true);
      await store.remove(from);
      expect(Buffer.from(await read(to)).equals(bytes)).toBe(true);
    });

    test('are false of what has changed since, or is gone', async () => {
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
  });

  describe('in parts', () => {
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
    ])('by %s, put and told in any order, are the bytes in the order of their numbers', async (_, put) => {
      const { key, uploadId, parts } = await begun([3, 1, 2], put);
      expect(await direct.inspect(key)).toBeUndefined();
      await direct.completeParts(key, uploadId, parts);
      expect((await direct.inspect(key))?.size).toBe(whole.length);
      expect(Buffer.from(await read(key)).equals(whole)).toBe(true);
      expect((await bucket.listMultipartUploads()).filter((upload) => upload.key.includes(key))).toEqual([]);
    });

    test('may be completed twice', async () => {
      const { key, uploadId, parts } = await begun([1, 2, 3]);
      await direct.completeParts(key, uploadId, parts);
      await direct.completeParts(key, uploadId, parts);
      expect((await direct.inspect(key))?.size).toBe(whole.length);
    });

    test('a part that is put again is replaced, and its first ETag no longer told', async () => {
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

    test('are refused with parts that the store has not, and are there for a better try', async () => {
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
        // A small part that is not the last.
        [third, { number: 4, etag: third.etag }],
      ];
      for (const these of wrong) {
        const failure = await failureOf(() => direct.completeParts(key, uploadId, these));
        expect([these, failure.code, failure.field]).toEqual([these, 'invalid', 'parts']);
      }
      await direct.completeParts(key, uploadId, parts);
      expect((await direct.inspect(key))?.size).toBe(whole.length);
    });

    test('too small for any but the last are refused', async () => {
      const key = newHashId();
      const uploadId = await direct.startParts(key, mediaType);
      const parts: DirectPart[] = [];
      for (const number of [1, 2]) {
        const url = await direct.presignPart(key, uploadId, number, greeting.length, 60);
        parts.push({ number, etag: (await putWithFetch(url, greeting)).etag });
      }
      const failure = await failureOf(() => direct.completeParts(key, uploadId, parts));
      expect([failure.code, failure.message]).toEqual(['invalid', expect.stringContaining('5 MiB')]);
      await store.remove(key);
    });

    test('are refused by the store in another length, as another part and of another upload', async () => {
      const { key, uploadId } = await begun([]);
      const url = await direct.presignPart(key, uploadId, 1, greeting.length, 60);
      const other = await direct.startParts(key, mediaType);
      expect((await putWithFetch(url, content(0, 6))).status).toBe(403);
      for (const altered of [url.replace('partNumber=1', 'partNumber=2'), url.replace(uploadId, other)])
        expect((await putWithFetch(altered, greeting)).status).toBe(403);
      await store.remove(key);
      expect((await putWithFetch(url, greeting)).status).toBe(404);
    });

    test('are upload_not_found once they were given up', async () => {
      const { key, uploadId, parts } = await begun([1]);
      await store.remove(key);
      const failure = await failureOf(() => direct.completeParts(key, uploadId, parts));
      expect(failure.code).toBe('upload_not_found');
    });
  });

  test('are store_away while the store is, and are signed all the same', async () => {
    const s3 = await startS3();
    const away = new S3BlobStore(s3).direct;
    await s3.stop();
    const calls = [
      () => away.inspect('a'),
      () => away.copy('a', '"1"', 'b'),
      () => away.startParts('a', mediaType),
      () => away.completeParts('a', 'an-upload', [{ number: 1, etag: '"1"' }]),
      () => away.setCrossOriginRule(),
    ];
    for (const call of calls) expect((await failureOf(call)).code).toBe('store_away');
    expect(await away.presignPut('a', mediaType, 5, 60)).toStartWith(s3.endpoint);
  });

  test('pass a browser’s preflight once the rule is set, and tell it the ETag', async () => {
    const s3 = await startS3();
    const { direct } = new S3BlobStore(s3);
    const url = await direct.presignPut(newHashId(), mediaType, greeting.length, 60);
    const origin = 'https://app.example.com';
    const preflight = async (method: string) => {
      const headers = {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      };
      const response = await fetch(url, { method: 'OPTIONS', headers });
      await response.arrayBuffer();
      return response;
    };
    expect((await preflight('PUT')).status).toBe(403);
    expect(await direct.setCrossOriginRule()).toBe(true);
    expect(await direct.setCrossOriginRule()).toBe(true);
    const { ok, headers } = await preflight('PUT');
    expect(ok).toBe(true);
    expect(headers.get('access-control-allow-origin')).toBeOneOf(['*', origin]);
    expect(headers.get('access-control-allow-methods')?.split(/,\s*/)).toContain('PUT');
    expect(headers.get('access-control-allow-headers')).toMatch(/content-type|\*/i);
    expect((await preflight('DELETE')).ok).toBe(false);

    const put = await fetch(url, {
      method: 'PUT',
      body: greeting,
      headers: { origin, 'content-type': mediaType },
    });
    expect(put.status).toBe(200);
    expect(put.headers.get('access-control-allow-origin')).toBeOneOf(['*', origin]);
    expect(put.headers.get('access-control-expose-headers')).toMatch(/\betag\b/i);
    await s3.stop();
  });
});

await suiteWith(['versitygw', 'deno'], 'uploads straight to S3, on Deno', () => {
  test('are signed, taken, copied and put together as on Bun', async () => {
    const { env } = await sharedS3();
    const script = join(checkout, 'test', 'stores', 'blobs', 'direct-uploads-on-deno.ts');
    const inherited = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DENO_NO_UPDATE_CHECK: '1',
      NO_COLOR: '1',
    };
    const run = startProcess(await partPath('deno'), ['run', '-A', script], {
      cwd: checkout,
      env: { ...inherited, ...env },
    });
    await waitFor('the script to end', () => !run.isRunning(), { timeoutMs: 50_000 });
    await run.exited;
    expect(JSON.parse(run.output())).toEqual({
      right: 200,
      wrongType: 403,
      wrongLength: 403,
      size: 5,
      copied: true,
      copiedStale: false,
      part: 200,
      completed: 5,
      listed: 3,
    });
  });
});

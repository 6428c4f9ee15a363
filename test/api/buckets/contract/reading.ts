import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import { call, done, get, head, newBucket, pattern, put, remove, sharedClient, stored } from '../client.ts';
import { expectError, expectHeadError } from '../errors.ts';

const long = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** Reading objects, by RFC 9110 and docs/contract/shared.md, "User content". */
export function reading(server: FileServerOf): void {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz';
  const lettersOf = async (times = 1) => {
    const client = await sharedClient(await server());
    const bucket = (await newBucket(client)).name;
    const content = alphabet.repeat(times);
    await stored(client, bucket, 'letters', content, { 'Content-Type': 'image/png' });
    const read = (headers: Record<string, string> = {}, method = 'GET') =>
      call(client, method, `/v1/buckets/${bucket}/objects/letters`, { headers });
    return { client, bucket, read, content };
  };

  describe('ranges', () => {
    test.each([1, 5000])('return the requested bytes (%d alphabets)', async (times) => {
      const { read, content } = await lettersOf(times);
      const size = content.length;
      const ranges: [string, number, number][] = [
        ['bytes=0-0', 0, 0],
        ['bytes=2-4', 2, 4],
        ['bytes=5-', 5, size - 1],
        ['bytes=-3', size - 3, size - 1],
        [`bytes=-${size * 2}`, 0, size - 1],
        [`bytes=${size - 1}-${size + 100}`, size - 1, size - 1],
      ];
      for (const [range, start, end] of ranges) {
        const response = await read({ Range: range });
        expect([range, response.status, response.headers.get('content-range')]).toEqual([
          range,
          206,
          `bytes ${start}-${end}/${size}`,
        ]);
        // A streamed body may be chunked, without its length.
        expect([null, String(end - start + 1)]).toContain(response.headers.get('content-length'));
        expect((await response.text()) === content.slice(start, end + 1)).toBe(true);
      }
    });

    test('outside of the object are 416, and malformed ones are ignored', async () => {
      const { read, content } = await lettersOf();
      for (const range of ['bytes=26-', 'bytes=100-200', 'bytes=-0']) {
        const response = await read({ Range: range });
        expect(response.headers.get('content-range')).toBe('bytes */26');
        await expectError(response, 'range_not_satisfiable');
      }
      for (const range of ['bytes=x', 'bytes=', 'lines=1-2', 'bytes=--1', 'bytes=0-0,5-5', '0-5']) {
        const response = await read({ Range: range });
        expect([range, response.status, await response.text()]).toEqual([range, 200, content]);
      }
      // A range that ends before it begins may be ignored or refused (RFC 9110, section 14.2).
      expect((await read({ Range: 'bytes=5-2' })).status).toBeOneOf([200, 416]);
      const shown = await read({ Range: 'bytes=0-0' }, 'HEAD');
      expect([shown.status, shown.headers.get('content-length')]).toEqual([200, '26']);
    });

    test('do not apply to an empty object', async () => {
      const { client, bucket } = await lettersOf();
      await stored(client, bucket, 'empty', '');
      await expectError(await get(client, bucket, 'empty', { Range: 'bytes=0-' }), 'range_not_satisfiable');
      expect((await get(client, bucket, 'empty', { Range: 'bytes=-1' })).status).toBeOneOf([200, 416]);
    });

    test('apply under If-Range only to the same version', async () => {
      const { client, bucket, read } = await lettersOf();
      const { headers } = await read({}, 'HEAD');
      const etag = headers.get('etag') ?? '';
      const statusWith = async (ifRange: string) =>
        (await read({ Range: 'bytes=0-0', 'If-Range': ifRange })).status;
      expect(await statusWith(etag)).toBe(206);
      expect(await statusWith(`W/${etag}`)).toBe(200);
      expect(await statusWith('"other"')).toBe(200);
      expect(await statusWith(long)).toBe(200);
      await stored(client, bucket, 'letters', 'others', {}, 200);
      expect(await statusWith(etag)).toBe(200);
    });
  });

  describe('conditional reads', () => {
    test('of a version that the client has are 304 without a body', async () => {
      const { read } = await lettersOf();
      const { headers } = await read({}, 'HEAD');
      const [etag, modified] = [headers.get('etag') ?? '', headers.get('last-modified') ?? ''];
      const conditions: Record<string, string>[] = [
        { 'If-None-Match': etag },
        { 'If-None-Match': `W/${etag}` },
        { 'If-None-Match': `"x", ${etag}` },
        { 'If-None-Match': '*' },
        { 'If-Modified-Since': modified },
        { 'If-None-Match': etag, 'If-Modified-Since': long },
        { 'If-None-Match': etag, Range: 'bytes=0-0' },
      ];
      for (const condition of conditions)
        for (const method of ['GET', 'HEAD']) {
          const response = await read(condition, method);
          expect([condition, response.status, await response.text()]).toEqual([condition, 304, '']);
          expect(response.headers.get('etag')).toBe(etag);
        }
      expect((await read({ 'If-None-Match': '"x"', 'If-Modified-Since': modified })).status).toBe(200);
      expect((await read({ 'If-Modified-Since': long })).status).toBe(200);
    });

    test('of another version are 412', async () => {
      const { read } = await lettersOf();
      const { headers } = await read({}, 'HEAD');
      const etag = headers.get('etag') ?? '';
      const failing: Record<string, string>[] = [
        { 'If-Match': '"x"' },
        { 'If-Match': `W/${etag}` },
        { 'If-Unmodified-Since': long },
      ];
      for (const condition of failing) {
        await expectError(await read(condition), 'precondition_failed');
        await expectHeadError(await read(condition, 'HEAD'), 'precondition_failed');
      }
      const held: Record<string, string>[] = [
        { 'If-Match': etag },
        { 'If-Match': '*' },
        { 'If-Match': `"x", ${etag}` },
        { 'If-Unmodified-Since': headers.get('last-modified') ?? '' },
        { 'If-Match': etag, 'If-Unmodified-Since': long },
      ];
      for (const condition of held)
        expect([condition, (await read(condition)).status]).toEqual([condition, 200]);
    });
  });

  describe('an object in a browser', () => {
    test.each([
      ...[
        'text/html',
        'TEXT/HTML; charset=utf-8',
        'application/xhtml+xml',
        'image/svg+xml',
        'text/javascript',
      ],
      ...['application/javascript', 'application/xml', 'text/xml', 'application/atom+xml'],
    ])('%s is served as plain text', async (contentType) => {
      const { client, bucket } = await lettersOf();
      const headers = { 'Content-Type': contentType };
      expect((await stored(client, bucket, 'page', '<script>1</script>', headers)).contentType).toBe(
        contentType,
      );
      for (const response of [await get(client, bucket, 'page'), await head(client, bucket, 'page')])
        expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    });

    test.each([
      'application/pdf',
      'application/x-shockwave-flash',
      'message/rfc822',
      'multipart/related; boundary=a',
    ])('%s is served as an attachment', async (contentType) => {
      const { client, bucket } = await lettersOf();
      await stored(client, bucket, 'page', '%PDF-1.7', { 'Content-Type': contentType });
      const { headers } = await get(client, bucket, 'page');
      expect(headers.get('content-disposition')).toStartWith('attachment');
    });

    test('cannot run scripts, whatever its type', async () => {
      const { read } = await lettersOf();
      for (const response of [await read(), await read({}, 'HEAD'), await read({ Range: 'bytes=0-0' })]) {
        expect(response.headers.get('x-content-type-options')).toBe('nosniff');
        expect(response.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
        expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      }
    });
  });

  describe('caches', () => {
    test('must not share private content, and must revalidate it', async () => {
      const { client, bucket } = await lettersOf();
      const { headers } = await get(client, bucket, 'letters');
      const directives = (headers.get('cache-control') ?? '').split(', ').sort();
      expect(directives).toEqual(['no-cache', 'private']);
    });

    test('keep public content for a minute, and never beyond its expiry', async () => {
      const client = await sharedClient(await server());
      const { name: bucket } = await newBucket(client, { public: true });
      await stored(client, bucket, 'long');
      await stored(client, bucket, 'short', 'x', { 'x-ttl': '10' });
      const maximum = async (key: string) => {
        const { headers } = await get({ url: client.url }, bucket, key);
        const [, seconds] = /^public, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '') ?? [];
        return Number(seconds);
      };
      expect(await maximum('long')).toBeLessThanOrEqual(60);
      expect(await maximum('short')).toBeLessThanOrEqual(10);
    });
  });

  describe('an object of a public bucket', () => {
    test('can be read without a key, until the bucket is private', async () => {
      const client = await sharedClient(await server());
      const nobody = { url: client.url };
      const { name: bucket } = await newBucket(client, { public: true });
      await stored(client, bucket, 'a/b', 'open', { 'x-meta-name': 'value' });
      for (const caller of [nobody, { ...nobody, key: 'sk_live_wrong' }]) {
        const response = await get(caller, bucket, 'a/b');
        expect([response.status, await response.text()]).toEqual([200, 'open']);
        expect(response.headers.get('x-meta-name')).toBe('value');
        expect((await head(caller, bucket, 'a/b')).status).toBe(200);
        expect((await get(caller, bucket, 'a/b', { Range: 'bytes=1-2' })).status).toBe(206);
        await expectError(await get(caller, bucket, 'unknown'), 'object_not_found');
        await expectHeadError(await head(caller, bucket, 'unknown'), 'object_not_found');
      }
      await call(client, 'PATCH', `/v1/buckets/${bucket}`, { json: { public: false } });
      await expectError(await get(nobody, bucket, 'a/b'), 'unauthorized');
      await expectHeadError(await head(nobody, bucket, 'a/b'), 'unauthorized');
    });
  });

  describe('a read while the object is replaced or deleted', () => {
    test.each([200, 300_000])('returns the old or the new bytes as a whole (%d bytes)', async (size) => {
      const client = await sharedClient(await server());
      const { name: bucket } = await newBucket(client);
      const [one, other] = [pattern(size, 1), pattern(size + 1000, 2)];
      await stored(client, bucket, 'key', one);
      let writing = true;
      const writer = (async () => {
        for (let round = 0; round < 60; round += 1) {
          const response = await put(client, bucket, 'key', round % 2 ? one : other);
          expect(response.status).toBe(200);
        }
        writing = false;
      })();
      let reads = 0;
      const reader = async () => {
        while (writing || reads < 300) {
          const response = await get(client, bucket, 'key');
          const bytes = Buffer.from(await response.bytes());
          expect([response.status, bytes.equals(one) || bytes.equals(other)]).toEqual([200, true]);
          expect([null, String(bytes.length)]).toContain(response.headers.get('content-length'));
          reads += 1;
        }
      };
      await Promise.all([writer, ...Array.from({ length: 4 }, reader)]);
      expect(reads).toBeGreaterThanOrEqual(300);
    });

    test('that has started continues to its end', async () => {
      const client = await sharedClient(await server());
      const { name: bucket } = await newBucket(client);
      const bytes = pattern(6_000_000);
      await stored(client, bucket, 'replaced', bytes);
      await stored(client, bucket, 'deleted', bytes);
      const [replaced, deleted] = [
        await get(client, bucket, 'replaced'),
        await get(client, bucket, 'deleted'),
      ];
      await stored(client, bucket, 'replaced', 'x', {}, 200);
      await done(remove(client, bucket, 'deleted'));
      for (const response of [replaced, deleted])
        expect(Buffer.from(await response.bytes()).equals(bytes)).toBe(true);
    });
  });
}

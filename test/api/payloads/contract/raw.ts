import { describe, expect, test } from 'bun:test';
import { create, type Server, type ServerOf, upload } from '../server.ts';

/** Larger than every inline limit of the suite's runs, so that ranges are also read from the blob store. */
const large = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));

/**
 * `/raw`: the bytes, with headers that prevent them from running here (RFC 9110;
 * docs/contract/shared.md, "User content").
 */
export function raw(server: ServerOf): void {
  const get = async (id: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${(await server()).url}/raw/${id}`, { headers, method });

  const letters = async (running: Server) =>
    (await create(running, { content: 'abcdefghij', mime_type: 'text/plain' })).hash_id;

  describe('/raw', () => {
    test('a type that a browser might split at a comma is quoted', async () => {
      const mime_type = 'text/plain;a=b, text/html';
      const { hash_id } = await create(await server(), { content: '<h1>no</h1>', mime_type });
      expect((await get(hash_id)).headers.get('content-type')).toBe(
        'text/plain;a="b, text/html"; charset=utf-8',
      );
    });

    test('a failed condition or range has the shape of every error', async () => {
      const id = await letters(await server());
      const failed = await get(id, { 'If-Match': '"other"' });
      const outside = await get(id, { Range: 'bytes=10-' });
      for (const [response, status] of [
        [failed, 412],
        [outside, 416],
      ] as const) {
        expect(response.status).toBe(status);
        expect(response.headers.get('content-type')).toBe('application/json');
        expect(await response.json()).toEqual({ error: expect.any(String) });
      }
      expect(outside.headers.get('content-range')).toBe('bytes */10');
    });

    test('HEAD has no ranges (RFC 9110, section 14.2)', async () => {
      const id = await letters(await server());
      for (const Range of ['bytes=0-1', 'bytes=99-']) {
        const response = await get(id, { Range }, 'HEAD');
        expect(response.status).toBe(200);
        expect(response.headers.get('content-length')).toBe('10');
      }
    });

    test('serves the bytes with length, validators and safe headers, and HEAD the same without them', async () => {
      const id = await letters(await server());
      for (const method of ['GET', 'HEAD']) {
        const response = await get(id, {}, method);
        expect(response.status).toBe(200);
        expect(await response.text()).toBe(method === 'GET' ? 'abcdefghij' : '');
        expect(Object.fromEntries(response.headers)).toMatchObject({
          'content-type': 'text/plain; charset=utf-8',
          'x-content-type-options': 'nosniff',
          'content-security-policy': "sandbox; default-src 'none'",
          'cross-origin-resource-policy': 'cross-origin',
          'accept-ranges': 'bytes',
          etag: expect.stringMatching(/^"[^"]+"$/),
          'last-modified': expect.stringMatching(/GMT$/),
        });
        // A streamed body may be chunked, without its length.
        expect(method === 'GET' ? [null, '10'] : ['10']).toContain(response.headers.get('content-length'));
      }
    });

    test('HEAD of a large upload has its length', async () => {
      const id = await upload(await server(), large, { name: 'x.bin' });
      const head = await get(id, {}, 'HEAD');
      expect(head.headers.get('content-length')).toBe('100000');
      expect(Buffer.from(await (await get(id)).bytes()).equals(large)).toBe(true);
    });

    // The ranges are those of the examples in RFC 9110, section 14.1.2, cut to ten bytes.
    test.each([
      ['bytes=0-4', 'abcde', 'bytes 0-4/10'],
      ['bytes=5-9', 'fghij', 'bytes 5-9/10'],
      ['bytes=-5', 'fghij', 'bytes 5-9/10'],
      ['bytes=9-', 'j', 'bytes 9-9/10'],
      ['bytes=5-999', 'fghij', 'bytes 5-9/10'],
      ['bytes=-999', 'abcdefghij', 'bytes 0-9/10'],
    ])('%s is 206', async (range, part, contentRange) => {
      const response = await get(await letters(await server()), { Range: range });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(contentRange);
      expect([null, String(part.length)]).toContain(response.headers.get('content-length'));
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await response.text()).toBe(part);
    });

    test.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])('%s is 416 with the length', async (range) => {
      const response = await get(await letters(await server()), { Range: range });
      expect(response.status).toBe(416);
      expect(response.headers.get('content-range')).toBe('bytes */10');
    });

    test.each(['bytes=0-1,8-9', 'bytes=', 'bytes=a-b', 'lines=0-1', 'nonsense', 'bytes=--1'])(
      'a malformed range, another unit or several ranges, %s, are ignored',
      async (range) => {
        const response = await get(await letters(await server()), { Range: range });
        expect(response.status).toBe(200);
        expect(await response.text()).toBe('abcdefghij');
      },
    );

    test('ranges of a large upload are exact to the byte', async () => {
      const id = await upload(await server(), large);
      for (const [start, end] of [
        [0, 0],
        [65_535, 65_536],
        [1000, 98_999],
        [99_999, 99_999],
      ] as const) {
        const response = await get(id, { Range: `bytes=${start}-${end}` });
        expect(response.status).toBe(206);
        expect(Buffer.from(await response.bytes()).equals(large.subarray(start, end + 1))).toBe(true);
      }
    });

    test('If-Range with the ETag or the date allows the range; with another one all is sent', async () => {
      const id = await letters(await server());
      const { headers } = await get(id, {}, 'HEAD');
      const etag = headers.get('etag') ?? '';
      const lastModified = headers.get('last-modified') ?? '';
      const status = async (ifRange: string) =>
        (await get(id, { Range: 'bytes=0-0', 'If-Range': ifRange })).status;
      expect(await status(etag)).toBe(206);
      expect(await status(lastModified)).toBe(206);
      expect(await status('"other"')).toBe(200);
      // A weak validator never matches for a range (RFC 9110, section 13.1.5).
      expect(await status(`W/${etag}`)).toBe(200);
      expect(await status('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(200);
    });

    test('If-None-Match and If-Modified-Since are 304, and the first has precedence', async () => {
      const id = await letters(await server());
      const { headers } = await get(id, {}, 'HEAD');
      const etag = headers.get('etag') ?? '';
      const lastModified = headers.get('last-modified') ?? '';
      const old = 'Sun, 06 Nov 1994 08:49:37 GMT';
      const notModified: Record<string, string>[] = [
        { 'If-None-Match': etag },
        { 'If-None-Match': `W/${etag}` },
        { 'If-Modified-Since': lastModified },
        { 'If-None-Match': etag, 'If-Modified-Since': old },
        { 'If-None-Match': etag, Range: 'bytes=0-0' },
      ];
      for (const conditions of notModified) {
        const response = await get(id, conditions);
        expect({ conditions, status: response.status }).toEqual({ conditions, status: 304 });
        expect(response.headers.get('etag')).toBe(etag);
        expect(await response.text()).toBe('');
      }
      const modified: Record<string, string>[] = [
        { 'If-None-Match': '"other"' },
        { 'If-Modified-Since': old },
        { 'If-Modified-Since': 'yesterday' },
        { 'If-None-Match': '"other"', 'If-Modified-Since': lastModified },
      ];
      for (const conditions of modified)
        expect({ conditions, status: (await get(id, conditions)).status }).toEqual({
          conditions,
          status: 200,
        });
    });

    test('If-Match and If-Unmodified-Since that fail are 412', async () => {
      const id = await letters(await server());
      const { headers } = await get(id, {}, 'HEAD');
      const etag = headers.get('etag') ?? '';
      const status = async (conditions: Record<string, string>) => (await get(id, conditions)).status;
      expect(await status({ 'If-Match': etag })).toBe(200);
      expect(await status({ 'If-Match': '*' })).toBe(200);
      expect(await status({ 'If-Match': `"other", ${etag}` })).toBe(200);
      expect(await status({ 'If-Match': '"other"' })).toBe(412);
      // If-Match compares strongly (RFC 9110, section 13.1.1).
      expect(await status({ 'If-Match': `W/${etag}` })).toBe(412);
      expect(await status({ 'If-Unmodified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' })).toBe(412);
      expect(await status({ 'If-Unmodified-Since': headers.get('last-modified') ?? '' })).toBe(200);
    });

    test.each([
      'text/html',
      'TEXT/HTML; charset=utf-8',
      'application/xhtml+xml',
      'image/svg+xml',
      'text/javascript',
      'application/javascript',
      'application/xml',
      'text/xml',
      'application/atom+xml',
      'application/xslt+xml',
    ])('%s is served as plain text', async (mime_type) => {
      const { hash_id } = await create(await server(), { content: '<script>alert(1)</script>', mime_type });
      const response = await get(hash_id);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(response.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    });

    test.each([
      'application/pdf',
      'application/x-shockwave-flash',
      'message/rfc822',
      'multipart/related; boundary=a',
    ])('%s is served as an attachment', async (mime_type) => {
      const { hash_id } = await create(await server(), { content: '%PDF-1.7', mime_type });
      expect((await get(hash_id)).headers.get('content-disposition')).toStartWith('attachment');
    });

    test.each(['image/png', 'application/json', 'audio/mpeg', 'application/octet-stream'])(
      '%s is served unchanged',
      async (mime_type) => {
        const { hash_id } = await create(await server(), { content: '{}', mime_type });
        const { headers } = await get(hash_id);
        expect(headers.get('content-type')).toBe(mime_type);
        expect(headers.get('content-disposition')).toBeNull();
      },
    );

    test('any file name is returned in Content-Disposition (RFC 6266)', async () => {
      const running = await server();
      const plain = await upload(running, 'x', { name: 'notes.txt' });
      expect((await get(plain)).headers.get('content-disposition')).toMatch(
        /^inline; filename="?notes\.txt"?$/,
      );
      const odd = await upload(running, 'x', { name: encodeURIComponent('na"ïve €.txt') });
      const header = (await get(odd)).headers.get('content-disposition') ?? '';
      expect(header).toContain("filename*=UTF-8''na%22%C3%AFve%20%E2%82%AC.txt");
    });

    test('a trailing slash changes nothing, and an empty payload is empty', async () => {
      const running = await server();
      expect(await (await get(`${await letters(running)}/`)).text()).toBe('abcdefghij');
      const named = await upload(running, 'x', { name: 'notes.txt/' });
      expect((await get(named)).headers.get('content-disposition')).toContain('notes.txt');
      const empty = await get((await create(running, { content: '' })).hash_id);
      expect(empty.status).toBe(200);
      expect(await empty.text()).toBe('');
    });
  });
}

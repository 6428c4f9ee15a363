import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import { type Base, call, expectError, newClient, uploaded } from '../client.ts';

const large = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));

/** `/f/{public_name}`: RFC 9110 and docs/contract/shared.md, "User content". */
export function publicUrls(server: FileServerOf, base: Base): void {
  const newAddress = async (fields: Parameters<typeof uploaded>[1] = {}) => {
    const client = await newClient((await server()).url, base);
    return (await uploaded(client, { bytes: 'abcdefghij', ...fields })).public_url ?? '';
  };
  const binary = { bytes: large, content_type: 'application/octet-stream', filename: 'x.bin' };

  describe('public URLs', () => {
    test('serve the bytes with validators and safe headers, and HEAD the same without them', async () => {
      const address = await newAddress();
      for (const method of ['GET', 'HEAD']) {
        const response = await fetch(address, { method });
        expect(response.status).toBe(200);
        expect(await response.text()).toBe(method === 'GET' ? 'abcdefghij' : '');
        expect(Object.fromEntries(response.headers)).toMatchObject({
          // This server never saw bytes that went straight to S3, so it does not know whether they are UTF-8.
          'content-type': expect.stringMatching(/^text\/plain(; charset=utf-8)?$/),
          'content-disposition': expect.stringMatching(/^inline; filename="?api-docs-test\.txt"?$/),
          'x-content-type-options': 'nosniff',
          'content-security-policy': "sandbox; default-src 'none'",
          'cross-origin-resource-policy': 'cross-origin',
          'cache-control': expect.stringMatching(/^public, max-age=\d+$/),
          'accept-ranges': 'bytes',
          etag: expect.stringMatching(/^"[^"]+"$/),
          'last-modified': expect.stringMatching(/GMT$/),
        });
        expect(method === 'GET' ? [null, '10'] : ['10']).toContain(response.headers.get('content-length'));
      }
    });

    // RFC 9110, section 14.1.2.
    test.each([
      ['bytes=0-4', 'abcde', 'bytes 0-4/10'],
      ['bytes=-5', 'fghij', 'bytes 5-9/10'],
      ['bytes=9-', 'j', 'bytes 9-9/10'],
      ['bytes=5-999', 'fghij', 'bytes 5-9/10'],
    ])('%s is 206', async (range, part, contentRange) => {
      const response = await fetch(await newAddress(), { headers: { Range: range } });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(contentRange);
      expect(await response.text()).toBe(part);
    });

    test.each(['bytes=10-', 'bytes=-0'])('%s is 416 with the length', async (range) => {
      const response = await fetch(await newAddress(), { headers: { Range: range } });
      expect(response.status).toBe(416);
      expect(response.headers.get('content-range')).toBe('bytes */10');
      const { error } = (await response.json()) as { error: Record<string, unknown> };
      expect(error).toEqual({
        code: expect.any(String),
        message: expect.any(String),
        hint: expect.any(String),
      });
    });

    test('ranges of a large file are exact to the byte', async () => {
      const address = await newAddress(binary);
      for (const [start, end] of [
        [0, 0],
        [65_535, 65_536],
        [1000, 198_999],
        [199_999, 199_999],
      ] as const) {
        const response = await fetch(address, { headers: { Range: `bytes=${start}-${end}` } });
        expect(response.status).toBe(206);
        expect(Buffer.from(await response.bytes()).equals(large.subarray(start, end + 1))).toBe(true);
      }
      expect((await fetch(address, { method: 'HEAD' })).headers.get('content-length')).toBe('200000');
    });

    test('If-None-Match and If-Modified-Since are 304, If-Match of another is 412', async () => {
      const address = await newAddress();
      const { headers } = await fetch(address, { method: 'HEAD' });
      const etag = headers.get('etag') ?? '';
      const status = async (conditions: Record<string, string>) =>
        (await fetch(address, { headers: conditions })).status;
      expect(await status({ 'If-None-Match': etag })).toBe(304);
      expect(await status({ 'If-None-Match': `"other", W/${etag}` })).toBe(304);
      expect(await status({ 'If-Modified-Since': headers.get('last-modified') ?? '' })).toBe(304);
      expect(await status({ 'If-None-Match': '"other"' })).toBe(200);
      expect(await status({ 'If-Match': '"other"' })).toBe(412);
      expect(await status({ 'If-Match': etag })).toBe(200);
      expect(await status({ Range: 'bytes=0-0', 'If-Range': '"other"' })).toBe(200);
      expect(await status({ Range: 'bytes=0-0', 'If-Range': etag })).toBe(206);
    });

    // Types with scripts that guests may upload; guests cannot upload the others.
    test.each(['image/svg+xml', 'application/atom+xml', 'application/rdf+xml; charset=utf-8', 'text/xsl'])(
      '%s is served as plain text',
      async (content_type) => {
        const bytes = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
        const { headers } = await fetch(await newAddress({ bytes, content_type, filename: 'x.svg' }));
        // This server never saw bytes that went straight to S3, so their charset is unknown.
        expect(headers.get('content-type')).toMatch(/^text\/plain(; charset=utf-8)?$/);
        expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
        expect(headers.get('x-content-type-options')).toBe('nosniff');
      },
    );

    test.each(['application/pdf', 'message/rfc822', 'multipart/related; boundary=a'])(
      '%s is served as an attachment',
      async (content_type) => {
        const address = await newAddress({ bytes: '%PDF-1.7', content_type, filename: 'x.pdf' });
        expect((await fetch(address)).headers.get('content-disposition')).toMatch(
          /^attachment; filename="?x\.pdf"?$/,
        );
      },
    );

    test.each(['image/png', 'application/json', 'audio/mpeg', 'application/octet-stream'])(
      '%s is served unchanged',
      async (content_type) => {
        const { headers } = await fetch(await newAddress({ content_type, filename: 'x' }));
        expect(headers.get('content-type')).toBe(content_type);
      },
    );

    test('pages of other origins may read them', async () => {
      const response = await fetch(await newAddress(), { headers: { Origin: 'https://app.example' } });
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    });

    test('only the exact public name finds a file', async () => {
      const address = new URL(await newAddress());
      const [, , id = '', name = ''] = address.pathname.split('/');
      const other = id.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
      for (const path of [
        `${id}`,
        `${id}/`,
        `${id}/other.txt`,
        `${id}/${name}/x`,
        `x/${id}/${name}`,
        `${other}/${name}`,
      ])
        await expectError(await fetch(`${address.origin}/f/${path}`), 'FILE_NOT_FOUND');
      for (const path of [
        `${id.toUpperCase()}/${name}`,
        `%ff/${name}`,
        `${id}/%ff`,
        `%00/${name}`,
        `${id}/${name}%00`,
      ])
        await expectError(await fetch(`${address.origin}/f/${path}`), 'FILE_NOT_FOUND');
    });

    test('other methods are METHOD_NOT_ALLOWED, with Allow', async () => {
      const client = await newClient((await server()).url, base);
      const { public_url } = await uploaded(client);
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
        const response = await fetch(public_url ?? '', {
          method,
          headers: { Authorization: `Bearer ${client.token}` },
        });
        expect((response.headers.get('allow') ?? '').split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS']);
        await expectError(response, 'METHOD_NOT_ALLOWED');
      }
      expect((await call(client, 'GET', '/files')).status).toBe(200);
      expect((await fetch(public_url ?? '')).status).toBe(200);
    });
  });
}

import { describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { api, expectError, idOf, readJson, type ServerOf } from '../server.ts';

const coders = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  GZIP: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as Record<string, (bytes: Uint8Array | string) => Buffer>;
const codings = Object.entries(coders);

/** 39 bytes of text by an encoder whose window is 64 MiB (BROTLI_PARAM_LARGE_WINDOW), which RFC 7932 does not have. */
const largeWindow = Buffer.from('115a9800009000c9410a61261b2c40e45d6a02', 'hex');
const mebibyte = 1024 * 1024;

/** Bodies with a Content-Encoding are decoded or rejected (RFC 9110, section 8.4). */
export function codedBodies(server: ServerOf): void {
  describe('a coded body', () => {
    const send = async (path: string, method: string, body: BodyInit, headers: Record<string, string>) =>
      fetch((await server()).url + path, { method, headers, body });
    const put = (body: BodyInit, coding: string, headers: Record<string, string> = {}) =>
      send('/', 'PUT', body, { 'Content-Type': 'text/plain', 'Content-Encoding': coding, ...headers });
    const contentAt = async (response: Response) => {
      expect(response.status).toBe(201);
      const { url } = await server();
      const plain = { headers: { 'Accept-Encoding': 'identity' } };
      const read = await fetch(`${url}/raw/${idOf((await response.text()).trim())}`, plain);
      expect(read.headers.get('content-encoding')).toBeNull();
      return Buffer.from(await read.arrayBuffer());
    };

    test.each(codings)('in %s is stored decoded, by JSON', async (coding, encode) => {
      const body = encode(JSON.stringify({ content: 'Grüße', mime_type: 'text/plain' }));
      const headers = { 'Content-Type': 'application/json', 'Content-Encoding': coding };
      const response = await send(api, 'POST', body as never, headers);
      expect(response.status).toBe(201);
      const { hash_id } = (await response.json()) as { hash_id: string };
      expect((await readJson(await server(), hash_id)).content).toBe('Grüße');
    });

    test.each(codings)('in %s is stored decoded, by PUT, POST and form', async (coding, encode) => {
      // Too large to be inline, and of several chunks.
      const content = randomBytes(300_000);
      const coded = encode(content);
      expect((await contentAt(await put(coded as never, coding))).equals(content)).toBe(true);
      expect((await contentAt(await put(new Blob([coded as never]).stream(), coding))).equals(content)).toBe(
        true,
      );
      const posted = await send('/', 'POST', coded as never, { 'Content-Encoding': coding });
      expect((await contentAt(posted)).equals(content)).toBe(true);
      const form = new FormData();
      form.set('file', new Blob([content]), 'a.bin');
      const whole = new Response(form);
      const type = whole.headers.get('content-type') ?? '';
      const body = encode(Buffer.from(await whole.arrayBuffer()));
      const sent = await send('/', 'POST', body as never, {
        'Content-Encoding': coding,
        'Content-Type': type,
      });
      expect((await contentAt(sent)).equals(content)).toBe(true);
    });

    test('of several members or frames is decoded completely', async () => {
      for (const coding of ['gzip', 'zstd']) {
        const encode = coders[coding] as typeof gzipSync;
        const body = Buffer.concat([encode('one '), encode(''), encode('two')]);
        expect((await contentAt(await put(body as never, coding))).toString()).toBe('one two');
      }
    });

    test('of identity is unchanged', async () => {
      expect((await contentAt(await put('plain', 'identity'))).toString()).toBe('plain');
      expect((await contentAt(await put('plain', ''))).toString()).toBe('plain');
    });

    test.each(codings)(
      'in %s that is truncated, continues after its end, or is invalid is 400',
      async (coding, encode) => {
        const coded = encode(randomBytes(100_000));
        const broken = [
          coded.subarray(0, coded.length - 1),
          coded.subarray(0, 50_000),
          coded.subarray(0, 3),
          Buffer.alloc(0),
          Buffer.concat([coded, Buffer.from('more')]),
          Buffer.concat([coded, Buffer.alloc(1)]),
          Buffer.from('This was never coded at all, and does not say that it was.'),
        ];
        for (const [index, body] of broken.entries()) {
          const response = await put(body as never, coding);
          expect([index, response.status]).toEqual([index, 400]);
          await expectError(response, 400);
        }
      },
    );

    test('in deflate without its zlib header is 400 (RFC 9110, section 8.4.1.2)', async () => {
      await expectError(await put(deflateRawSync('x') as never, 'deflate'), 400);
    });

    test('that needs a large window is 400', async () => {
      const content = randomBytes(9 * mebibyte);
      const window = (log: number) =>
        zstdCompressSync(content, { params: { [constants.ZSTD_c_windowLog]: log } });
      expect((await contentAt(await put(new Blob([window(23) as never]).stream(), 'zstd'))).length).toBe(
        content.length,
      );
      await expectError(await put(new Blob([window(24) as never]).stream(), 'zstd'), 400);
      await expectError(await put(largeWindow as never, 'br'), 400);
    });

    test('of any ratio is accepted up to 16 MiB, and above that up to 200 times its coded bytes', async () => {
      for (const [coding, encode] of [['gzip', gzipSync] as const, ['zstd', zstdCompressSync] as const]) {
        const free = await put(encode(Buffer.alloc(16 * mebibyte)) as never, coding);
        expect((await contentAt(free)).length).toBe(16 * mebibyte);
        await expectError(await put(encode(Buffer.alloc(16 * mebibyte + 1)) as never, coding), 400);
      }
      const half = Buffer.concat([randomBytes(200_000), Buffer.alloc(20 * mebibyte)]);
      expect((await contentAt(await put(gzipSync(half) as never, 'gzip'))).length).toBe(half.length);
    });

    test('counts with its decoded size', async () => {
      // Hexadecimal is compressed to a little more than half of its bytes.
      const content = randomBytes(11 * mebibyte).toString('hex');
      const body = gzipSync(JSON.stringify({ content, mime_type: 'text/plain' }), { level: 1 });
      expect(body.length).toBeLessThan(20 * mebibyte);
      const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
      await expectError(await send(api, 'POST', body as never, headers), 413);
    });

    test.each(['compress', 'aws-chunked', 'gzip, br', 'gzip, gzip', 'identity, gzip', 'dcb', 'x', '*'])(
      'in %p is 415, with the supported codings',
      async (coding) => {
        for (const response of [
          await put('x', coding),
          await send(api, 'POST', '{"content":"x","mime_type":"text/plain"}', { 'Content-Encoding': coding }),
        ]) {
          expect(response.headers.get('accept-encoding')).toBe('gzip, deflate, br, zstd');
          expect(await expectError(response, 415)).toContain('Content-Encoding');
        }
      },
    );

    test('of JSON without content is 415, in any coding', async () => {
      const body = gzipSync('{"size":1,"mime_type":"text/plain"}') as never;
      const response = await send(`${api}/uploads`, 'POST', body, { 'Content-Encoding': 'gzip' });
      expect(response.headers.get('accept-encoding')).toBe('gzip, deflate, br, zstd');
      await expectError(response, 415);
    });
  });
}

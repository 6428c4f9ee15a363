import { describe, expect, test } from 'bun:test';
import { create, expectError, post, readJson, type ServerOf, upload } from '../server.ts';

const mebibyte = 1024 * 1024;
/** The default of MAX_PAYLOAD_SIZE. */
const maxPayloadSize = 10 * mebibyte;

/** Content is returned unchanged: text, bytes, and every size up to the limit. */
export function content(server: ServerOf): void {
  describe('content', () => {
    test.each([
      ['nothing', ''],
      ['NUL', 'a\0b'],
      ['a BOM', '\ufeffhello'],
      ['pairs of surrogates', '😀 and 𝒳'],
      ['quotes, slashes and controls', '"\\/\b\f\n\r\t\u001f\u007f\u2028'],
      ['HTML', '<script>alert(1)</script>'],
      ['70 KiB', 'é'.repeat(35 * 1024)],
    ])('text with %s is returned unchanged', async (_what, text) => {
      const running = await server();
      const { hash_id } = await create(running, { content: text });
      expect(await readJson(running, hash_id)).toEqual({
        content: text,
        mime_type: 'text/plain',
        expiry_time: expect.any(String),
      });
      const raw = await fetch(`${running.url}/raw/${hash_id}`);
      expect(Buffer.from(await raw.bytes())).toEqual(Buffer.from(text));
    });

    test.each([
      ['few bytes', Buffer.from([0, 255, 254, 128])],
      ['70 KiB', Buffer.alloc(70 * 1024 + 1, Buffer.from([0xff, 0, 0x80]))],
    ])('binary content of %s is sent and returned as base64', async (_what, bytes) => {
      const running = await server();
      const { hash_id } = await create(running, {
        content: bytes.toString('base64'),
        encoding: 'base64',
        mime_type: 'application/octet-stream',
      });
      expect(await readJson(running, hash_id)).toEqual({
        content: bytes.toString('base64'),
        mime_type: 'application/octet-stream',
        encoding: 'base64',
        expiry_time: expect.any(String),
      });
      expect(Buffer.from(await (await fetch(`${running.url}/raw/${hash_id}`)).bytes())).toEqual(bytes);
    });

    test('text that is sent as base64 is returned as text', async () => {
      const running = await server();
      const { hash_id } = await create(running, { content: 'SGVsbG8=', encoding: 'base64' });
      expect(await readJson(running, hash_id)).toEqual({
        content: 'Hello',
        mime_type: 'text/plain',
        expiry_time: expect.any(String),
      });
    });

    test('uploaded bytes are returned as base64 if they are not text', async () => {
      const running = await server();
      const id = await upload(running, new Uint8Array([0xc3, 0x28]));
      expect(await readJson(running, id)).toMatchObject({ content: 'wyg=', encoding: 'base64' });
    });

    test.each([
      'text/plain',
      'application/json; charset=utf-8',
      'image/svg+xml',
      'application/x-foo;a="b c"',
    ])('the MIME type %s is returned unchanged', async (mime_type) => {
      const running = await server();
      const { hash_id } = await create(running, { mime_type });
      expect((await readJson(running, hash_id)).mime_type).toBe(mime_type);
    });

    test.each([
      '',
      'text',
      'text/',
      '/plain',
      'text/pl ain',
      'text/plain\r\nX-Evil: 1',
      'a/b'.repeat(100),
      'text/plän',
    ])('the MIME type %j is rejected by name', async (mime_type) => {
      const response = await post(await server(), { content: 'x', mime_type });
      expect(await expectError(response, 400)).toContain('mime_type');
    });

    test('content of exactly the limit is stored, and one byte more is 413', async () => {
      const running = await server();
      const largest = 'a'.repeat(maxPayloadSize);
      const { hash_id } = await create(running, { content: largest });
      expect((await readJson(running, hash_id)).content === largest).toBe(true);
      const response = await post(running, { content: `${largest}a`, mime_type: 'text/plain' });
      expect(await expectError(response, 413)).toContain('content');
    });

    test('the limit counts bytes, not characters, and decoded ones for base64', async () => {
      const running = await server();
      const accents = 'é'.repeat(maxPayloadSize / 2 + 1);
      await expectError(await post(running, { content: accents, mime_type: 'text/plain' }), 413);
      const base64 = Buffer.alloc(maxPayloadSize, 255).toString('base64');
      expect(base64.length).toBeGreaterThan(maxPayloadSize);
      await create(running, { content: base64, encoding: 'base64' });
    });

    test('a longer upload cannot be read as JSON: 413 names /raw, which serves it', async () => {
      const running = await server();
      const bytes = Buffer.alloc(maxPayloadSize + 1, 'line\n');
      const id = await upload(running, bytes);
      const response = await fetch(`${running.url}/api/v1/payloads/${id}`);
      expect(await expectError(response, 413)).toContain('/raw');
      const raw = await fetch(`${running.url}/raw/${id}`);
      expect(Buffer.from(await raw.bytes()).equals(bytes)).toBe(true);
    });
  });
}

import { describe, expect, test } from 'bun:test';
import { expectError, inSeconds, type ServerOf } from '../server.ts';
import { abort, begin, partSize, postBegin } from '../upload-client.ts';

const mebibyte = 1024 ** 2;

/** Uploads in parts that are rejected at the start, and the parts of accepted ones. */
export function uploadRefusals(server: ServerOf): void {
  const start = async (fields: Record<string, unknown>) =>
    postBegin(await server(), { size: 10, mime_type: 'text/plain', ...fields });

  describe('the start of an upload in parts', () => {
    test.each([0, -1, 1.5, '10', null, 2 ** 53, 1e300])(
      'is rejected for a size of %p, by name',
      async (size) => {
        const response = await start({ size });
        expect(await expectError(response, 400)).toContain('size');
      },
    );

    test.each([
      ['mime_type', { mime_type: 'nonsense' }],
      ['mime_type', { mime_type: undefined }],
      ['ttl', { ttl: 'never' }],
      ['ttl', { ttl: 0 }],
      ['ttl', { ttl: '366d' }],
      ['ttl', { ttl: '10m', expiry_time: inSeconds(600) }],
      ['expiry_time', { expiry_time: '2020-01-01T00:00:00Z' }],
      ['expiry_time', { expiry_time: 'tomorrow' }],
      ['max_reads', { max_reads: 0 }],
      ['max_reads', { max_reads: '1' }],
      ['file name', { name: '../etc/passwd' }],
      ['file name', { name: '' }],
      ['name', { name: 7 }],
      ['retention', { retention: '1d' }],
      ['content', { content: 'x' }],
    ])('is rejected for invalid options: %s of %j', async (field, fields) => {
      expect(await expectError(await start(fields), 400)).toContain(field);
    });

    test.each(['', '{', '[]', 'null', '"x"', 'size=10'])('is rejected for the body %j', async (body) => {
      await expectError(await postBegin(await server(), body), 400);
    });

    test('is rejected over the limit of anonymous uploads, and accepted at the limit, in equal parts', async () => {
      const limit = 512 * mebibyte;
      await expectError(await start({ size: limit + 1 }), 413);
      const running = await server();
      const { upload_id, part_size, parts } = await begin(running, limit);
      expect([part_size, parts.length]).toEqual([partSize, Math.ceil(limit / partSize)]);
      expect(new Set(parts.map(({ url }) => url)).size).toBe(parts.length);
      expect((await abort(running, upload_id)).status).toBe(204);
    });

    test('is only POST', async () => {
      const { url } = await server();
      for (const [method, path, allow] of [
        ['GET', '', 'POST, OPTIONS'],
        ['GET', '/upload_x', 'DELETE, OPTIONS'],
        ['PUT', '/upload_x/complete', 'POST, OPTIONS'],
      ] as const) {
        const response = await fetch(`${url}/api/v1/payloads/uploads${path}`, { method });
        await expectError(response, 405);
        expect(response.headers.get('allow')).toBe(allow);
      }
    });
  });
}

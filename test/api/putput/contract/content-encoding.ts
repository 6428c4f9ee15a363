import { describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import type { FileServerOf } from '../../file-server.ts';
import { type Base, call, confirm, expectError, newClient, presign } from '../client.ts';

const bytes = gzipSync('a log line\n'.repeat(1000));

/** A presigned file keeps the coding of its PUT (RFC 9110, section 8.4). */
export function contentEncoding(server: FileServerOf, base: Base): void {
  describe('a presigned file with a Content-Encoding', () => {
    const uploaded = async (coding: string) => {
      const client = await newClient((await server()).url, base);
      const { upload_id, presigned_url } = await presign(client, { size_bytes: bytes.length });
      const headers = { 'Content-Type': 'text/plain', 'Content-Encoding': coding };
      const put = await fetch(presigned_url, { method: 'PUT', headers, body: bytes });
      return { client, upload_id, put };
    };

    test.each(['gzip', 'br', 'identity'])('of %p is served with it, its bytes unchanged', async (coding) => {
      const { client, upload_id, put } = await uploaded(coding);
      expect(put.status).toBe(200);
      const file = await confirm(client, upload_id);
      expect(file.size_bytes).toBe(bytes.length);
      const read = await fetch(file.public_url ?? '', { decompress: false });
      expect(read.headers.get('content-encoding')).toBe(coding === 'identity' ? null : coding);
      expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
    });

    test('of another coding never becomes a file', async () => {
      const { client, upload_id, put } = await uploaded('compress');
      // S3 accepts it; this server rejects it at the confirmation.
      if (put.status === 415) expect(put.headers.get('accept-encoding')).toBe('gzip, deflate, br, zstd');
      const response = await call(client, 'POST', '/upload/confirm', { upload_id });
      await expectError(response, put.status === 415 ? 'FILE_NOT_UPLOADED' : 'UNSUPPORTED_CONTENT_ENCODING');
    });

    test('of JSON is rejected', async () => {
      const client = await newClient((await server()).url, base);
      const response = await call(client, 'POST', '/upload/presign', '{}', { 'Content-Encoding': 'gzip' });
      expect(response.headers.get('accept-encoding')).toBe('gzip, deflate, br, zstd');
      await expectError(response, 'UNSUPPORTED_CONTENT_ENCODING');
    });
  });
}

import { beforeAll, describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  type Client,
  type Code,
  type Completed,
  call,
  example,
  expectError,
  expectNestedError,
  newClient,
  photo,
  put,
  type Requested,
} from '../client.ts';

/** The calls of the service's own client library, which sends the key as a Bearer, and its use of the responses. */
export function clientLibrary(server: FileServerOf): void {
  let client: Client;
  beforeAll(async () => {
    client = await newClient(await server());
  });
  const bearer = () => ({ Authorization: `Bearer ${client.key}` });
  const send = (method: string, path: string, body?: unknown) => call(client, method, path, body, bearer());

  describe('the service’s own client library', () => {
    test.each<[Code, string, string, unknown]>([
      ['FILE_TOO_LARGE', 'POST', '/upload/request', { ...example, fileSize: 5 * 1024 ** 2 }],
      ['FILE_TYPE_NOT_ALLOWED', 'POST', '/upload/request', { ...example, contentType: 'text/plain' }],
      ['ROUTE_NOT_FOUND', 'POST', '/upload/request', { ...example, routeSlug: 'unknown' }],
      ['VALIDATION_ERROR', 'POST', '/upload/request', { ...example, fileSize: 0 }],
      ['FILE_NOT_FOUND', 'POST', '/upload/complete', { fileId: 'file_x' }],
      ['VALIDATION_ERROR', 'DELETE', '/files', { keys: [] }],
      ['FILE_NOT_FOUND', 'DELETE', '/files/uploads%2Fx%2Fy.png', undefined],
      ['METHOD_NOT_ALLOWED', 'PUT', '/files', {}],
      ['NOT_FOUND', 'POST', '/transforms/image', { key: 'uploads/x', width: 100 }],
      ['NOT_FOUND', 'GET', '/projects/me', undefined],
    ])('reads %s of %s %s; with x-api-key too, the shape is flat', async (code, method, path, body) => {
      const message = await expectNestedError(await send(method, path, body), code);
      const both = { ...bearer(), 'x-api-key': client.key };
      expect(await expectError(await call(client, method, path, body, both), code)).toBe(message);
      expect(await expectError(await call(client, method, path, body), code)).toBe(message);
    });

    test('reads the file of a completed upload', async () => {
      const { fileId, uploadUrl } = (await (
        await send('POST', '/upload/request', example)
      ).json()) as Requested;
      await expectNestedError(await send('POST', '/upload/complete', { fileId }), 'FILE_NOT_UPLOADED');
      expect((await put(uploadUrl, photo)).status).toBe(200);
      const completed = (await (await send('POST', '/upload/complete', { fileId })).json()) as Completed;
      expect(completed.file).toMatchObject({ id: fileId, size: example.fileSize, status: 'UPLOADED' });
    });

    test('may send its own 4 MB: 4 × 1024² bytes', async () => {
      const response = await send('POST', '/upload/request', { ...example, fileSize: 4_100_000 });
      expect(response.status).toBe(200);
    });
  });
}

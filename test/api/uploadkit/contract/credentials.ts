import { beforeAll, describe, expect, test } from 'bun:test';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, nothing, operate, usageOf } from '../../file-server.ts';
import * as putput from '../../putput/client.ts';
import {
  type Client,
  call,
  complete,
  example,
  expectError,
  expectNestedError,
  list,
  newClient,
  newKey,
  put,
  request,
  uploaded,
} from '../client.ts';

const fileId = 'file_01KAMC0VQ4V3N5W5Z7E0S8T2RX';
const calls = [
  ['POST', '/upload/request', example],
  ['POST', '/upload/complete', { fileId }],
  ['POST', '/upload/multipart/init', example],
  ['POST', '/upload/multipart/complete', { fileId, uploadId: 'x', parts: [{ partNumber: 1, etag: 'x' }] }],
  ['POST', '/upload/multipart/abort', { fileId, uploadId: 'x' }],
  ['GET', '/files', undefined],
  ['DELETE', '/files/x', undefined],
  ['DELETE', '/files', { keys: ['x'] }],
] as const;

/** Permissions: keys, the files that they give access to, and the API that owns a path. */
export function credentials(server: FileServerOf): void {
  let shared: Client;
  beforeAll(async () => {
    shared = await newClient(await server());
  });
  const expectUnauthorized = async (headers: Record<string, string>) => {
    const client = { url: (await server()).url, key: '' };
    for (const [method, path, body] of calls) {
      const response = await call(client, method, path, body, headers);
      expect(response.headers.get('www-authenticate')).toStartWith('Bearer');
      // docs/contract/uploadkit.md, "Errors".
      const expectShape = headers.Authorization?.startsWith('Bearer uk_') ? expectNestedError : expectError;
      expect(await expectShape(response, 'UNAUTHORIZED')).toBe('Missing or invalid API key');
    }
  };

  describe('credentials', () => {
    test.each<[string, (key: string) => Record<string, string>]>([
      ['an empty key', () => ({ 'x-api-key': '' })],
      ['nonsense', () => ({ 'x-api-key': 'nonsense' })],
      ['only the prefix', () => ({ 'x-api-key': 'uk_live_' })],
      ['one that was never given out', () => ({ 'x-api-key': `uk_live_${'x'.repeat(27)}` })],
      ['one that is cut', (key) => ({ 'x-api-key': key.slice(0, -1) })],
      ['one with a suffix', (key) => ({ 'x-api-key': `${key}x` })],
      ['a very long one', () => ({ 'x-api-key': `uk_live_${'x'.repeat(6000)}` })],
      ['one of a test environment', (key) => ({ 'x-api-key': key.replace('live', 'test') })],
      ['a wrong bearer', () => ({ Authorization: `Bearer uk_live_${'x'.repeat(27)}` })],
      ['the key as a bearer in the wrong header', (key) => ({ 'x-api-key': `Bearer ${key}` })],
    ])('%s is UNAUTHORIZED everywhere', async (_what, headersOf) => {
      await expectUnauthorized(headersOf(shared.key));
    });

    test('no key at all is UNAUTHORIZED: in this shape on the paths of UploadKit only, otherwise in PutPut’s', async () => {
      const { url } = await server();
      for (const [method, path, body] of calls) {
        const response = await call({ url, key: '' }, method, path, body, {});
        if (path.startsWith('/upload/')) await expectError(response, 'UNAUTHORIZED');
        else await putput.expectError(response, 'UNAUTHORIZED');
      }
    });

    test('a token of PutPut, which has no bulk deletion, gets the allowed methods', async () => {
      const { url } = await server();
      const { token } = await putput.newGuest(url, '/api/v1');
      for (const base of putput.bases) {
        const response = await putput.call({ url, base, token }, 'DELETE', '/files', { keys: ['x'] });
        expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
        await putput.expectError(response, 'METHOD_NOT_ALLOWED');
        const without = await fetch(`${url}${base}/files`, { method: 'DELETE' });
        await putput.expectError(without, 'UNAUTHORIZED');
      }
    });

    test('a token of PutPut and a storage key are not valid here', async () => {
      const running = await server();
      const { token } = await putput.newGuest(running.url, '/api/v1');
      const storage = ['keys', 'create', '--kind', 'storage', '--account', `s-${crypto.randomUUID()}`];
      const bucketKey = await operate(running, storage);
      expect(bucketKey).toStartWith('sk_live_');
      for (const secret of [token, bucketKey]) {
        await expectUnauthorized({ 'x-api-key': secret });
        const response = await call({ url: running.url, key: '' }, 'POST', '/upload/request', example, {
          Authorization: `Bearer ${secret}`,
        });
        await expectError(response, 'UNAUTHORIZED');
      }
      await putput.expectError(
        await putput.call({ url: running.url, base: '/api/v1', token: bucketKey }, 'GET', '/files'),
        'UNAUTHORIZED',
      );
    });

    test.each([
      ['POST', '/upload/presign', putput.example],
      ['POST', '/upload/confirm', { upload_id: 'upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX' }],
      ['POST', '/upload/url', { url: 'http://127.0.0.1:1/' }],
      ['GET', `/files/${fileId}/download`, undefined],
      ['GET', `/files/${fileId}/stats`, undefined],
    ] as const)(
      '%s %s of PutPut does nothing for a key, with any file routes',
      async (method, path, body) => {
        const running = await server();
        const shown: Record<string, string>[] = [
          { Authorization: `Bearer ${shared.key}` },
          { Authorization: '', 'x-api-key': shared.key },
        ];
        for (const base of putput.bases)
          for (const headers of shown) {
            const client = { url: running.url, base, token: '' };
            const response = await putput.call(client, method, path, body, headers);
            // The path is unknown with this key, or the key is not a credential for it.
            expect(response.status).toBeOneOf([401, 404]);
            const code = response.status === 401 ? 'UNAUTHORIZED' : 'NOT_FOUND';
            await (headers['x-api-key'] ? expectError : expectNestedError)(response, code);
          }
        expect(await usageOf(running, shared.key)).toEqual(nothing);
      },
    );

    test('a revoked key is invalid from then on; another one of the account stays valid', async () => {
      const running = await server();
      const client = await newClient(running);
      const other = { ...client, key: await newKey(running, client.account) };
      const file = await uploaded(client);
      expect((await list(other)).files).toEqual([file]);
      const lines = (await operate(running, ['keys', 'list'])).split('\n');
      const line = lines.find((text) => text.includes(`${client.key.slice(0, 12)}…`));
      await operate(running, ['keys', 'revoke', line?.split(' ')[0] ?? '']);
      await expectUnauthorized({ 'x-api-key': client.key });
      expect((await list(other)).files).toEqual([file]);
    });

    test("another account's file and upload respond like unknown ones, and stay unchanged", async () => {
      const running = await server();
      const [owner, other] = [await newClient(running), await newClient(running)];
      const file = await uploaded(owner);
      const waiting = await request(owner, { fileSize: 5 });
      await put(waiting.uploadUrl, 'photo');
      const key = encodeURIComponent(file.key);
      expect(await expectError(await call(other, 'DELETE', `/files/${key}`), 'FILE_NOT_FOUND')).toBe(
        'File not found',
      );
      for (const id of [waiting.fileId, file.id])
        await expectError(await call(other, 'POST', '/upload/complete', { fileId: id }), 'FILE_NOT_FOUND');
      expect(await answered(call(other, 'DELETE', '/files', { keys: [file.key] }))).toMatchObject({
        deleted: 0,
        failed: 1,
        reclaimedBytes: 0,
      });
      expect((await usageOf(running, other.key)).storedObjects).toBe(0);
      expect((await list(owner)).files).toEqual([file]);
      expect((await complete(owner, waiting.fileId)).id).toBe(waiting.fileId);
      const { cursor } = { cursor: (await list(owner, '?limit=1')).nextCursor };
      await expectError(await call(other, 'GET', `/files?cursor=${cursor}`), 'VALIDATION_ERROR');
    });

    test('/api/v1/files belongs to the API of the credential', async () => {
      const running = await server();
      const client = await newClient(running);
      const guest = await putput.newClient(running.url);
      const [theirs, ours] = [await uploaded(client), await putput.uploaded(guest)];
      expect(await list(client)).toEqual({ files: [theirs], nextCursor: null });
      expect(await putput.list(guest)).toEqual({ files: [ours], cursor: null, has_more: false });
      // Neither finds the other's files by any of their ids.
      await putput.expectError(
        await putput.call(guest, 'DELETE', `/files/${encodeURIComponent(theirs.key)}`),
        'FILE_NOT_FOUND',
      );
      await putput.expectError(await putput.call(guest, 'DELETE', `/files/${theirs.id}`), 'FILE_NOT_FOUND');
      await expectError(await call(client, 'DELETE', `/files/${ours.id}`), 'FILE_NOT_FOUND');
      const named = encodeURIComponent(ours.public_name);
      await expectError(await call(client, 'DELETE', `/files/${named}`), 'FILE_NOT_FOUND');
      expect((await list(client)).files).toEqual([theirs]);
      expect((await putput.list(guest)).files).toEqual([ours]);
    });
  });
}

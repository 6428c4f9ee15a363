import { describe, expect, test } from 'bun:test';
import { curl } from '../../curl.ts';
import { answered, expectCommonHeaders } from '../../expected-answers.ts';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import {
  type Base,
  call,
  confirm,
  example,
  exampleText,
  expectError,
  type File,
  list,
  newClient,
  type Presigned,
  presign,
  put,
  uploaded,
} from '../client.ts';

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
const secondsFromNow = (text: string) => (Date.parse(text) - Date.now()) / 1000;

/** docs/contract/putput.md from end to end: its own requests and responses. */
export function roundTrip(server: FileServerOf, base: Base): void {
  describe('the life of a file', () => {
    test('POST /auth/guest without a body returns a token, a claim and the limits of a guest', async () => {
      const { url } = await server();
      const response = await fetch(`${url}${base}/auth/guest`, { method: 'POST' });
      expect(response.status).toBe(201);
      expectCommonHeaders(response);
      expect(response.headers.get('cache-control')).toBe('no-store');
      const guest = await response.json();
      expect(guest).toEqual({
        token: expect.stringMatching(/^pp_[\w-]{20,}$/),
        claim_url: expect.stringMatching(new RegExp(`^${url}/login\\?claim=[\\w-]{20,}$`)),
        // docs/contract/shared.md, "Accounts, keys and plans".
        limits: {
          storage_bytes: 1024 ** 3,
          max_file_size_bytes: 100 * 1024 ** 2,
          max_files: 1000,
          expires_at: expect.stringMatching(time),
        },
      });
      expect(Math.abs(secondsFromNow(guest.limits.expires_at) - 30 * 86_400)).toBeLessThan(60);
      expect((await newClient(url, base)).token).not.toBe(guest.token);
    });

    test('presign, PUT, confirm, list, read, delete: each as in docs/contract/putput.md', async () => {
      const { url } = await server();
      const client = await newClient(url, base);
      const presigned = await presign(client);
      expect(presigned).toEqual({
        upload_id: expect.stringMatching(/./),
        presigned_url: expect.stringMatching(/^https?:/),
        public_name: expect.stringMatching(/^[0-9a-f]{32}\/api-docs-test\.txt$/),
        expires_at: expect.stringMatching(time),
      });
      expect(Math.abs(secondsFromNow(presigned.expires_at) - 3600)).toBeLessThan(30);

      expect((await put(presigned.presigned_url, exampleText)).status).toBe(200);
      const confirmed = await call(client, 'POST', '/upload/confirm', { upload_id: presigned.upload_id });
      expect(confirmed.status).toBe(200);
      expectCommonHeaders(confirmed);
      const { file } = (await confirmed.json()) as { file: File };
      // A copy, because Bun's toMatchObject replaces matched values with its matchers.
      expect({ ...file }).toMatchObject({
        id: expect.stringMatching(/^file_/),
        original_name: 'api-docs-test.txt',
        public_name: presigned.public_name,
        public_url: `${url}/f/${presigned.public_name}`,
        content_type: 'text/plain',
        size_bytes: 20,
        created_at: expect.stringMatching(time),
        visibility: 'public',
        prefix: null,
        metadata: null,
        tags: null,
        download_count: 0,
        short_url: null,
      });

      expect(await list(client)).toEqual({ files: [file], cursor: null, has_more: false });
      const read = await fetch(file.public_url ?? '');
      expect(read.status).toBe(200);
      expect(await read.text()).toBe(exampleText);

      expect(await answered(call(client, 'DELETE', `/files/${file.id}`))).toEqual({ success: true });
      expect(await list(client)).toEqual({ files: [], cursor: null, has_more: false });
      expect((await fetch(file.public_url ?? '')).status).toBe(404);
      await expectError(await call(client, 'DELETE', `/files/${file.id}`), 'FILE_NOT_FOUND');
      expect(await usageOf(await server(), client.token)).toEqual(nothing);
    });

    test('docs/contract/putput.md, "Example", by curl, word for word', async () => {
      const { url } = await server();
      const token = JSON.parse((await curl(['-X', 'POST', `${url}${base}/auth/guest`])).body).token as string;
      const authorization = ['-H', `Authorization: Bearer ${token}`];
      const json = ['-H', 'Content-Type: application/json'];
      const body = '{"filename": "photo.jpg", "content_type": "image/jpeg", "size_bytes": 102400}';
      const presigned = await curl([
        ...['-X', 'POST', `${url}${base}/upload/presign`],
        ...[...authorization, ...json, '-d', body],
      ]);
      expect(presigned.status).toBe(200);
      const { upload_id, presigned_url } = JSON.parse(presigned.body) as Presigned;
      const photo = new Uint8Array(102_400).fill(7);
      const type = ['-H', 'Content-Type: image/jpeg'];
      expect((await curl(['-X', 'PUT', presigned_url, ...type, '--data-binary', '@-'], photo)).status).toBe(
        200,
      );
      const confirmation = await curl([
        ...['-X', 'POST', `${url}${base}/upload/confirm`],
        ...[...authorization, ...json, '-d', JSON.stringify({ upload_id })],
      ]);
      const { file } = JSON.parse(confirmation.body) as { file: File };
      expect(file).toMatchObject({
        original_name: 'photo.jpg',
        content_type: 'image/jpeg',
        size_bytes: 102_400,
      });
      const files = await curl([`${url}${base}/files`, ...authorization]);
      expect(JSON.parse(files.body)).toEqual({ files: [file], cursor: null, has_more: false });
      expect(Buffer.from(await (await fetch(file.public_url ?? '')).bytes()).equals(Buffer.from(photo))).toBe(
        true,
      );
      const deleted = await curl(['-X', 'DELETE', `${url}${base}/files/${file.id}`, ...authorization]);
      expect({ status: deleted.status, body: JSON.parse(deleted.body) }).toEqual({
        status: 200,
        body: { success: true },
      });
    });

    test.each([0, 1, 65_536, 65_537, 3_000_000])('a file of %d bytes is returned unchanged', async (size) => {
      const client = await newClient((await server()).url, base);
      const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
      const type = 'application/octet-stream';
      const file = await uploaded(client, { bytes, filename: 'x.bin', content_type: type });
      expect(file.size_bytes).toBe(size);
      const back = await fetch(file.public_url ?? '');
      expect(Buffer.from(await back.bytes()).equals(bytes)).toBe(true);
      expect(await usageOf(await server(), client.token)).toEqual({
        ...nothing,
        storedBytes: size,
        storedObjects: 1,
      });
    });

    test('an upload that is presigned at one base can be confirmed at the other, because it is one API', async () => {
      const client = await newClient((await server()).url, base);
      const { upload_id, presigned_url } = await presign(client);
      await put(presigned_url, exampleText);
      const other = { ...client, base: base === '/api' ? '/api/v1' : '/api' } as const;
      const file = await confirm(other, upload_id);
      expect((await list(client)).files).toEqual([file]);
    });

    test('a presign reserves the declared size, and a confirmation books it, each once', async () => {
      const running = await server();
      const client = await newClient(running.url, base);
      const { upload_id, presigned_url } = await presign(client);
      const reserved = { ...nothing, reservedBytes: example.size_bytes, reservedObjects: 1 };
      expect(await usageOf(running, client.token)).toEqual(reserved);
      expect((await list(client)).files).toEqual([]);
      await put(presigned_url, exampleText);
      expect(await usageOf(running, client.token)).toEqual(reserved);
      expect((await list(client)).files).toEqual([]);
      await confirm(client, upload_id);
      expect(await usageOf(running, client.token)).toEqual({ ...nothing, storedBytes: 20, storedObjects: 1 });
    });
  });
}

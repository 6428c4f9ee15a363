import { describe, expect, test } from 'bun:test';
import { curl } from '../../curl.ts';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import {
  type Completed,
  call,
  complete,
  example,
  expectError,
  list,
  newClient,
  photo,
  put,
  type Requested,
  request,
  uploaded,
} from '../client.ts';

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
// A ULID: 26 characters of Crockford's base 32.
const fileId = /^file_[0-9A-HJKMNP-TV-Z]{26}$/;

/** docs/contract/uploadkit.md from end to end: its own requests and responses. */
export function roundTrip(server: FileServerOf): void {
  describe('the life of a file', () => {
    test('request, PUT, complete, list, read, delete by the encoded key: each as in docs/contract/uploadkit.md', async () => {
      const running = await server();
      const client = await newClient(running);
      const requested = await request(client);
      expect({ ...requested }).toEqual({
        fileId: expect.stringMatching(fileId),
        uploadUrl: expect.stringMatching(/^https?:/),
        cdnUrl: `${running.url}/f/${requested.key}`,
        // 128 random bits before the name (docs/contract/uploadkit.md, "Requesting an upload").
        key: expect.stringMatching(/^uploads\/[0-9a-f]{32}\/profile\.jpg$/),
      });
      expect(await usageOf(running, client.key)).toEqual({
        ...nothing,
        reservedBytes: 204_800,
        reservedObjects: 1,
      });
      expect((await list(client)).files).toEqual([]);

      expect((await put(requested.uploadUrl)).status).toBe(200);
      const completed = await complete(client, requested.fileId);
      const { file, ...flat } = completed;
      // Exactly these fields, and the same object again in `file` (docs/contract/uploadkit.md,
      // "Completing an upload").
      expect({ ...flat }).toEqual({
        id: requested.fileId,
        key: requested.key,
        name: 'profile.jpg',
        size: 204_800,
        type: 'image/jpeg',
        url: requested.cdnUrl,
        status: 'UPLOADED',
        createdAt: expect.stringMatching(time),
      });
      expect(file).toEqual(flat);
      expect(await usageOf(running, client.key)).toEqual({
        ...nothing,
        storedBytes: 204_800,
        storedObjects: 1,
      });

      expect(await list(client)).toEqual({ files: [file], nextCursor: null });
      const read = await fetch(file.url);
      expect(read.headers.get('content-type')).toBe('image/jpeg');
      expect(Buffer.from(await read.bytes()).equals(photo)).toBe(true);

      const path = `/files/${encodeURIComponent(file.key)}`;
      expect(await answered(call(client, 'DELETE', path))).toEqual({ success: true });
      expect((await fetch(file.url)).status).toBe(404);
      expect(await list(client)).toEqual({ files: [], nextCursor: null });
      // docs/contract/uploadkit.md, "Errors".
      expect(await expectError(await call(client, 'DELETE', path), 'FILE_NOT_FOUND')).toBe('File not found');
      expect(await usageOf(running, client.key)).toEqual(nothing);
    });

    test('docs/contract/uploadkit.md, "Example", by curl, word for word', async () => {
      const client = await newClient(await server());
      const headers = ['-H', `x-api-key: ${client.key}`, '-H', 'Content-Type: application/json'];
      const requested = await curl([
        ...['-X', 'POST', `${client.url}/api/v1/upload/request`, ...headers],
        ...[
          '-d',
          '{"fileName": "profile.jpg", "fileSize": 204800, "contentType": "image/jpeg", "routeSlug": "imageUploader"}',
        ],
      ]);
      expect(requested.status).toBe(200);
      const { fileId, uploadUrl } = JSON.parse(requested.body) as Requested;
      const type = ['-H', 'Content-Type: image/jpeg'];
      expect((await curl(['-X', 'PUT', uploadUrl, ...type, '--data-binary', '@-'], photo)).status).toBe(200);
      const completed = await curl([
        ...['-X', 'POST', `${client.url}/api/v1/upload/complete`, ...headers],
        ...['-d', JSON.stringify({ fileId })],
      ]);
      expect(completed.status).toBe(200);
      const { url, key, file } = JSON.parse(completed.body) as Completed;
      expect((await fetch(url)).status).toBe(200);
      const files = await curl([`${client.url}/api/v1/files?limit=20`, ...headers]);
      expect(JSON.parse(files.body)).toEqual({ files: [file], nextCursor: null });
      const address = `${client.url}/api/v1/files/${key.replaceAll('/', '%2F')}`;
      const deleted = await curl(['-X', 'DELETE', address, ...headers]);
      expect([deleted.status, JSON.parse(deleted.body)]).toEqual([200, { success: true }]);
    });

    test('repeated and concurrent completions return the same', async () => {
      const running = await server();
      const client = await newClient(running);
      const { fileId, uploadUrl } = await request(client);
      await put(uploadUrl);
      const answers = await Promise.all(Array.from({ length: 10 }, () => complete(client, fileId)));
      for (const answer of [...answers, await complete(client, fileId, { other: 'metadata' })])
        expect(answer).toEqual(answers[0] as Completed);
      expect((await list(client)).files).toHaveLength(1);
      expect(await usageOf(running, client.key)).toEqual({
        ...nothing,
        storedBytes: 204_800,
        storedObjects: 1,
      });
    });

    test('completing before the PUT is FILE_NOT_UPLOADED, and after the deletion FILE_NOT_FOUND', async () => {
      const client = await newClient(await server());
      const { fileId, uploadUrl, key } = await request(client);
      for (let round = 0; round < 2; round += 1)
        await expectError(await call(client, 'POST', '/upload/complete', { fileId }), 'FILE_NOT_UPLOADED');
      await put(uploadUrl);
      await complete(client, fileId);
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(key)}`));
      await expectError(await call(client, 'POST', '/upload/complete', { fileId }), 'FILE_NOT_FOUND');
    });

    test('the PUT must be of the type and the length that were requested', async () => {
      const client = await newClient(await server());
      const { fileId, uploadUrl } = await request(client);
      expect((await put(uploadUrl, photo, 'image/png')).status).toBe(403);
      expect((await put(uploadUrl, photo.subarray(1))).status).toBe(403);
      expect((await put(uploadUrl.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(403);
      await expectError(await call(client, 'POST', '/upload/complete', { fileId }), 'FILE_NOT_UPLOADED');
      expect((await put(uploadUrl)).status).toBe(200);
      const { url } = await complete(client, fileId);
      await put(uploadUrl, new Uint8Array(example.fileSize).fill(9));
      expect(Buffer.from(await (await fetch(url)).bytes()).equals(photo)).toBe(true);
    });

    test.each(['emoji 😀.png', 'a b%2F#?&.png', 'ünï.png', 'x'.repeat(255), '😀'.repeat(255), '..hidden..'])(
      'a file named %s is returned, and is deleted by its encoded key',
      async (fileName) => {
        const client = await newClient(await server());
        const file = await uploaded(client, { fileName });
        expect(file.name).toBe(fileName);
        expect(file.key).toBe(`uploads/${file.key.split('/')[1]}/${fileName}`);
        expect(await (await fetch(file.url)).text()).toBe('photo');
        await answered(call(client, 'DELETE', `/files/${encodeURIComponent(file.key)}`));
        expect((await fetch(file.url)).status).toBe(404);
      },
    );

    test('the key may be sent as Authorization: Bearer too', async () => {
      const client = await newClient(await server());
      const bearer = { Authorization: `Bearer ${client.key}` };
      const requested = await answered<Requested>(call(client, 'POST', '/upload/request', example, bearer));
      await put(requested.uploadUrl);
      const { fileId } = requested;
      const { file } = await answered<Completed>(
        call(client, 'POST', '/upload/complete', { fileId }, bearer),
      );
      expect(await answered(call(client, 'GET', '/files', undefined, bearer))).toEqual({
        files: [file],
        nextCursor: null,
      });
      const path = `/files/${encodeURIComponent(file.key)}`;
      expect(await answered(call(client, 'DELETE', path, undefined, bearer))).toEqual({ success: true });
    });
  });
}

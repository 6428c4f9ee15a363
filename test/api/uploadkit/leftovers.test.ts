import { expect, test } from 'bun:test';
import { lapseUploads } from '../../faults/stored.ts';
import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { answered } from '../expected-answers.ts';
import { nothing, startFileServer, storedBlobs, sweep, usageOf } from '../file-server.ts';
import {
  type Begun,
  type Client,
  type Completed,
  call,
  complete,
  example,
  expectError,
  list,
  newClient,
  newRoute,
  put,
  request,
} from './client.ts';

const partSize = 5 * 1024 ** 2;
const body = { ...example, routeSlug: 'films', fileSize: partSize + 10 };

/** Failed uploads leave nothing behind after a sweep. */
async function leftovers(name: string, withS3: boolean, parts: PartName[]): Promise<void> {
  const env = { PRESIGN_TTL: '4s', LONGEST_UPLOAD: '1s', UPLOAD_LEASE: '1s', INLINE_LIMIT: '2' };
  const server = startedOnce(() => startFileServer({ withS3, clockless: true, env }));

  const newFilms = async (): Promise<Client> => {
    const running = await server();
    const client = await newClient(running);
    await newRoute(running, client.account, 'films', ['--max-size', '1GB', '--types', '*/*']);
    return client;
  };
  const init = (client: Client): Promise<Begun> =>
    answered(call(client, 'POST', '/upload/multipart/init', body));
  const putParts = async ({ parts }: Begun) => {
    const sent = [];
    for (const { partNumber, uploadUrl } of parts) {
      const bytes = Buffer.alloc(partNumber === 1 ? partSize : 10, partNumber);
      const response = await fetch(uploadUrl, { method: 'PUT', body: bytes });
      expect(response.status).toBe(200);
      sent.push({ partNumber, etag: response.headers.get('etag') ?? '' });
    }
    return sent;
  };
  const expectSwept = async () => {
    const running = await server();
    await waitFor(
      'an empty store',
      async () => {
        lapseUploads(running.dataDir);
        await sweep(running);
        return (await storedBlobs(running)).length === 0;
      },
      { timeoutMs: 20_000, everyMs: 400 },
    );
  };

  await suiteWith(parts, name, () => {
    test('parts of an expired upload are removed, and its space is freed', async () => {
      const running = await server();
      const client = await newFilms();
      const upload = await init(client);
      const sent = await putParts(upload);
      expect((await storedBlobs(running)).length).toBeGreaterThan(0);
      lapseUploads(running.dataDir);
      const completion = { fileId: upload.fileId, uploadId: upload.uploadId, parts: sent };
      await expectError(
        await call(client, 'POST', '/upload/multipart/complete', completion),
        'FILE_NOT_FOUND',
      );
      await expectSwept();
      expect(await usageOf(running, client.key)).toEqual(nothing);
      expect((await list(client)).files).toEqual([]);
    });

    test('parts of an aborted upload are removed, also those that are PUT afterwards', async () => {
      const client = await newFilms();
      const upload = await init(client);
      const { fileId, uploadId } = upload;
      await fetch(upload.parts[0]?.uploadUrl ?? '', { method: 'PUT', body: Buffer.alloc(partSize) });
      await answered(call(client, 'POST', '/upload/multipart/abort', { fileId, uploadId }));
      const late = await fetch(upload.parts[1]?.uploadUrl ?? '', { method: 'PUT', body: Buffer.alloc(10) });
      // The abort may or may not have reached S3.
      expect(late.status).toBeOneOf(withS3 ? [200, 404] : [403]);
      await expectSwept();
    });

    test('a file in parts is removed with all of them', async () => {
      const running = await server();
      const client = await newFilms();
      const upload = await init(client);
      const sent = await putParts(upload);
      const { fileId, uploadId } = upload;
      const { key, url } = await answered<Completed>(
        call(client, 'POST', '/upload/multipart/complete', { fileId, uploadId, parts: sent }),
      );
      // A sweep in between removes nothing that a file needs.
      lapseUploads(running.dataDir);
      await sweep(running);
      expect((await (await fetch(url)).bytes()).length).toBe(body.fileSize);
      expect((await storedBlobs(running)).filter((blob) => blob.endsWith('in parts'))).toEqual([]);
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(key)}`));
      await expectSwept();
      expect(await usageOf(running, client.key)).toEqual(nothing);
    });

    test('an expired upload accepts no PUT and no completion, and its bytes are removed', async () => {
      const running = await server();
      const client = await newFilms();
      const [empty, sent] = [await request(client), await request(client)];
      expect((await put(sent.uploadUrl)).status).toBe(200);
      await Bun.sleep(4100 + (withS3 ? 1000 : 0));
      expect((await put(empty.uploadUrl)).status).toBe(403);
      for (const { fileId } of [empty, sent])
        await expectError(await call(client, 'POST', '/upload/complete', { fileId }), 'FILE_NOT_FOUND');
      await expectSwept();
      expect(await usageOf(running, client.key)).toEqual(nothing);
    });

    test('a completed file stays after the expiry of its upload, and a repeated completion returns the same', async () => {
      const running = await server();
      const client = await newFilms();
      const { fileId, uploadUrl } = await request(client);
      await put(uploadUrl);
      const completed = await complete(client, fileId);
      lapseUploads(running.dataDir);
      await sweep(running);
      expect(await complete(client, fileId)).toEqual(completed);
      expect((await (await fetch(completed.url)).bytes()).length).toBe(example.fileSize);
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(completed.key)}`));
      await expectSwept();
    });
  });
}

await leftovers('what is left on disk', false, []);
await leftovers('what is left on S3', true, ['versitygw']);

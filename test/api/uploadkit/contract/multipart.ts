import { beforeAll, describe, expect, test } from 'bun:test';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import {
  type Begun,
  type Client,
  type Completed,
  call,
  expectError,
  list,
  newClient,
  newRoute,
  type Part,
} from '../client.ts';

const mebibyte = 1024 ** 2;
const partSize = 5 * mebibyte;
/** Three parts, the last of which is short. */
const size = 2 * partSize + 1000;
const bytes = Buffer.alloc(size);
for (let index = 0; index < size; index += 1) bytes[index] = (index * 31 + (index >> 12)) % 251;
const rest = { fileName: 'film.bin', contentType: 'application/octet-stream', routeSlug: 'films' };

const slice = (partNumber: number) => bytes.subarray((partNumber - 1) * partSize, partNumber * partSize);
const init = (client: Client, fileSize = size): Promise<Begun> =>
  answered(call(client, 'POST', '/upload/multipart/init', { ...rest, fileSize }));
const putPart = (url: string, body: Uint8Array<ArrayBuffer>) => fetch(url, { method: 'PUT', body });

async function putAll({ parts }: Begun, order = parts): Promise<Part[]> {
  const tags = new Map<number, string>();
  for (const { partNumber, uploadUrl } of order) {
    const response = await putPart(uploadUrl, slice(partNumber));
    expect(response.status).toBe(200);
    tags.set(partNumber, response.headers.get('etag') ?? '');
  }
  return parts.map(({ partNumber }) => ({ partNumber, etag: tags.get(partNumber) ?? '' }));
}

/** Uploads in parts of 5 MiB: docs/contract/uploadkit.md, "Uploads in parts". */
export function multipart(server: FileServerOf): void {
  let client: Client;
  beforeAll(async () => {
    const running = await server();
    client = await newClient(running);
    await newRoute(running, client.account, 'films', ['--max-size', '1GB']);
  });
  const completing = ({ fileId, uploadId }: Begun, parts: Part[]) =>
    call(client, 'POST', '/upload/multipart/complete', { fileId, uploadId, parts });
  const abort = async (upload: Begun) => {
    const { fileId, uploadId } = upload;
    expect(await answered(call(client, 'POST', '/upload/multipart/abort', { fileId, uploadId }))).toEqual({
      success: true,
    });
  };

  describe('uploads in parts', () => {
    test('are initiated, PUT in any order, completed to one file, and a repeated completion returns the same', async () => {
      const running = await server();
      const upload = await init(client);
      expect({ ...upload, parts: upload.parts.map(({ partNumber }) => partNumber) }).toEqual({
        fileId: expect.stringMatching(/^file_[0-9A-Z]{26}$/),
        uploadId: expect.stringMatching(/./),
        key: expect.stringMatching(/^uploads\/[0-9a-f]{32}\/film\.bin$/),
        parts: [1, 2, 3],
      });
      expect(await usageOf(running, client.key)).toEqual({
        ...nothing,
        reservedBytes: size,
        reservedObjects: 1,
      });
      const parts = await putAll(upload, upload.parts.toReversed());
      expect((await list(client)).files).toEqual([]);
      const { file, ...flat } = await answered<Completed>(completing(upload, parts));
      expect(file).toEqual(flat);
      expect({ ...file }).toMatchObject({ id: upload.fileId, key: upload.key, name: 'film.bin', size });
      expect(await answered<Completed>(completing(upload, parts))).toEqual({ ...file, file });
      expect(await usageOf(running, client.key)).toEqual({ ...nothing, storedBytes: size, storedObjects: 1 });

      const back = await fetch(file.url);
      expect(Buffer.from(await back.bytes()).equals(bytes)).toBe(true);
      // Across two parts, within one, and at the end.
      for (const [start, end] of [
        [partSize - 10, partSize + 10],
        [0, 2 * partSize],
        [partSize, partSize],
        [size - 5, size - 1],
      ] as const) {
        const part = await fetch(file.url, { headers: { Range: `bytes=${start}-${end}` } });
        expect(part.status).toBe(206);
        expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end}/${size}`);
        expect(Buffer.from(await part.bytes()).equals(bytes.subarray(start, end + 1))).toBe(true);
      }
      expect((await fetch(file.url, { method: 'HEAD' })).headers.get('content-length')).toBe(String(size));
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(file.key)}`));
      expect((await fetch(file.url)).status).toBe(404);
      expect(await usageOf(running, client.key)).toEqual(nothing);
    });

    test('have one part for each 5 MiB of the size', async () => {
      for (const [fileSize, count] of [
        [1, 1],
        [partSize, 1],
        [partSize + 1, 2],
        [2 * partSize, 2],
        [52 * mebibyte, 11],
      ] as const) {
        const upload = await init(client, fileSize);
        expect(upload.parts.map(({ partNumber }) => partNumber)).toEqual(
          Array.from({ length: count }, (_, index) => index + 1),
        );
        await abort(upload);
      }
    });

    test('work with one part only', async () => {
      const upload = await init(client, 5);
      const response = await putPart(upload.parts[0]?.uploadUrl ?? '', new TextEncoder().encode('small'));
      const etag = response.headers.get('etag') ?? '';
      const { url, key } = await answered<Completed>(completing(upload, [{ partNumber: 1, etag }]));
      expect(await (await fetch(url)).text()).toBe('small');
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(key)}`));
    });

    test('reject parts of another length, and at an altered URL', async () => {
      const upload = await init(client);
      const [first, second, last] = upload.parts.map(({ uploadUrl }) => uploadUrl) as [
        string,
        string,
        string,
      ];
      expect((await putPart(first, slice(1).subarray(1))).status).toBe(403);
      expect((await putPart(last, slice(1))).status).toBe(403);
      expect((await putPart(last, bytes.subarray(0, 999))).status).toBe(403);
      // The number of the part is part of the signature.
      const swapped = first.replace(/(part(?:Number)?=)1/, '$12');
      expect(swapped).not.toBe(first);
      expect((await putPart(swapped, slice(1))).status).toBe(403);
      expect(
        (
          await putPart(
            second.replace(/.$/, (end) => (end === '0' ? '1' : '0')),
            slice(2),
          )
        ).status,
      ).toBe(403);
      await abort(upload);
    });

    test('cannot be completed without all their parts, in order, with their ETags', async () => {
      const upload = await init(client);
      const parts = await putAll(upload, upload.parts);
      const [one, two, three] = parts as [Part, Part, Part];
      const other = { partNumber: 2, etag: '"d41d8cd98f00b204e9800998ecf8427e"' };
      for (const wrong of [
        [one, two],
        [one, three],
        [three, two, one],
        [one, one, two, three],
        [...parts, { partNumber: 4, etag: one.etag }],
        [one, other, three],
        [one, { partNumber: 2, etag: one.etag }, three],
      ]) {
        const message = await expectError(await completing(upload, wrong), 'VALIDATION_ERROR');
        expect(message).toStartWith('parts');
      }
      // The upload is unharmed. The quotes of an ETag may be omitted.
      const bare = parts.map(({ partNumber, etag }) => ({ partNumber, etag: etag.replaceAll('"', '') }));
      const { url, key } = await answered<Completed>(completing(upload, bare));
      expect(Buffer.from(await (await fetch(url)).bytes()).equals(bytes)).toBe(true);
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(key)}`));
    });

    test('with missing parts cannot be completed', async () => {
      const upload = await init(client);
      const [first, , last] = upload.parts;
      const parts = await putAll(upload, [first, last] as typeof upload.parts);
      const guessed = parts.map((part) => ({
        ...part,
        etag: part.etag || '"d41d8cd98f00b204e9800998ecf8427e"',
      }));
      const response = await completing(upload, guessed);
      expect(response.status).toBe(400);
      // S3 does not distinguish a missing part from one with another ETag.
      expect(((await response.json()) as { code: string }).code).toBeOneOf([
        'FILE_NOT_UPLOADED',
        'VALIDATION_ERROR',
      ]);
      await expectError(
        await call(client, 'POST', '/upload/complete', { fileId: upload.fileId }),
        'FILE_NOT_UPLOADED',
      );
      await abort(upload);
    });

    test('may have a part replaced, and the later one counts, by its ETag', async () => {
      const upload = await init(client);
      const [first] = upload.parts;
      const garbage = await putPart(first?.uploadUrl ?? '', Buffer.alloc(partSize, 1));
      expect(garbage.status).toBe(200);
      const parts = await putAll(upload);
      expect(parts[0]?.etag).not.toBe(garbage.headers.get('etag'));
      const stale = [{ partNumber: 1, etag: garbage.headers.get('etag') ?? '' }, ...parts.slice(1)];
      await expectError(await completing(upload, stale), 'VALIDATION_ERROR');
      const { url, key } = await answered<Completed>(completing(upload, parts));
      expect(Buffer.from(await (await fetch(url)).bytes()).equals(bytes)).toBe(true);
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(key)}`));
    });

    test('that are aborted are removed, and hold no space', async () => {
      const running = await server();
      const upload = await init(client);
      const parts = await putAll(upload);
      await abort(upload);
      expect(await usageOf(running, client.key)).toEqual(nothing);
      const { fileId, uploadId } = upload;
      await expectError(
        await call(client, 'POST', '/upload/multipart/abort', { fileId, uploadId }),
        'FILE_NOT_FOUND',
      );
      await expectError(await completing(upload, parts), 'FILE_NOT_FOUND');
      expect((await list(client)).files).toEqual([]);
    });

    test('are separate: a fileId of another upload, and another account, find nothing', async () => {
      const [upload, other] = [await init(client), await init(client)];
      const otherClient = await newClient(await server());
      const { fileId, uploadId } = upload;
      for (const [who, ids] of [
        [client, { fileId, uploadId: other.uploadId }],
        [client, { fileId, uploadId: 'nonsense' }],
        [otherClient, { fileId, uploadId }],
      ] as const) {
        await expectError(await call(who, 'POST', '/upload/multipart/abort', ids), 'FILE_NOT_FOUND');
        const parts = [{ partNumber: 1, etag: 'x' }];
        await expectError(
          await call(who, 'POST', '/upload/multipart/complete', { ...ids, parts }),
          'FILE_NOT_FOUND',
        );
      }
      await abort(upload);
      await abort(other);
    });
  });
}

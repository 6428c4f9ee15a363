import { beforeAll, describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import { createClient } from '../../../../src/client/index.ts';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  type Client,
  call,
  get,
  head,
  newBucket,
  objectPath,
  put,
  sharedClient,
} from '../client.ts';
import { expectError } from '../errors.ts';
import { putTo, sign, signedUrl } from '../signed-client.ts';
import { completed, fullPart, putPart, sent, start, started } from '../upload-client.ts';

const accepted = 'gzip, deflate, br, zstd';
const coded = gzipSync('a log line\n'.repeat(1000));
/** Content that is larger than one read. */
const large = Buffer.concat([coded, Buffer.alloc(100_000)]);

/** Objects with a content coding (RFC 9110, section 8.4). */
type Coded = { contentEncoding: string | null; size: number; etag: string };

export function contentEncoding(server: FileServerOf): void {
  let client: Client;
  let bucket: string;
  beforeAll(async () => {
    client = await sharedClient(await server());
    bucket = (await newBucket(client)).name;
  });

  /** Reads the stored bytes of an object, without decoding. */
  const readCoded = (path: string, headers: Record<string, string> = {}) =>
    fetch(client.url + path, {
      headers: { Authorization: `Bearer ${client.key}`, ...headers },
      decompress: false,
    });
  const describedAs = (response: Promise<Response>, status: number) => answered<Coded>(response, status);

  describe('an object with a Content-Encoding', () => {
    test.each([
      ['gzip', 'gzip'],
      ['x-gzip', 'gzip'],
      ['GZip', 'gzip'],
      ['deflate', 'deflate'],
      ['br', 'br'],
      ['zstd', 'zstd'],
      ['identity', null],
      ['', null],
    ])('of %p keeps it as %p, and its bytes as they are', async (header, contentEncoding) => {
      for (const bytes of [coded, large]) {
        const key = `${header}-${bytes.length}`;
        const headers = { 'Content-Type': 'text/plain', 'Content-Encoding': header };
        const object = await describedAs(put(client, bucket, key, bytes, headers), 201);
        expect(object).toMatchObject({ contentEncoding, size: bytes.length });
        const read = await readCoded(objectPath(bucket, key));
        expect(read.headers.get('content-encoding')).toBe(contentEncoding);
        expect(read.headers.get('etag')).toBe(`"${object.etag}"`);
        expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
        const asked = await head(client, bucket, key);
        expect(asked.headers.get('content-encoding')).toBe(contentEncoding);
        const range = await readCoded(objectPath(bucket, key), { Range: 'bytes=5-20' });
        expect(range.status).toBe(206);
        expect(Buffer.from(await range.arrayBuffer()).equals(bytes.subarray(5, 21))).toBe(true);
      }
    });

    test('is decoded by fetch', async () => {
      await describedAs(put(client, bucket, 'log', coded, { 'Content-Encoding': 'gzip' }), 201);
      expect(await (await get(client, bucket, 'log')).text()).toStartWith('a log line\na log line\n');
    });

    test('has digests of its coded bytes', async () => {
      const digest = new Bun.CryptoHasher('sha256').update(coded).digest('base64');
      const headers = { 'Content-Encoding': 'gzip', 'Repr-Digest': `sha-256=:${digest}:` };
      await describedAs(put(client, bucket, 'digest', coded, headers), 201);
      const read = await readCoded(objectPath(bucket, 'digest'));
      expect(read.headers.get('repr-digest')).toBe(`sha-256=:${digest}:`);
    });

    test('keeps it in copies and lists, and loses it when it is put without one', async () => {
      await describedAs(put(client, bucket, 'from', coded, { 'Content-Encoding': 'gzip' }), 201);
      const copy = call(client, 'POST', `${objectPath(bucket, 'from')}/copy`, {
        json: { destinationKey: 'copied' },
      });
      expect((await describedAs(copy, 201)).contentEncoding).toBe('gzip');
      expect((await readCoded(objectPath(bucket, 'copied'))).headers.get('content-encoding')).toBe('gzip');
      const { data } = await answered<{ data: Coded[] }>(
        call(client, 'GET', `/v1/buckets/${bucket}/objects?prefix=copied`),
      );
      expect(data[0]?.contentEncoding).toBe('gzip');
      expect((await describedAs(put(client, bucket, 'from', 'plain'), 200)).contentEncoding).toBeNull();
      expect((await readCoded(objectPath(bucket, 'from'))).headers.has('content-encoding')).toBe(false);
    });

    test('can be uploaded in parts, with the coding declared at the start', async () => {
      const upload = await started(client, bucket, 'in-parts', { contentEncoding: 'zstd' });
      const parts = [await sent(client, upload, 1, fullPart(1)), await sent(client, upload, 2, 'rest')];
      expect(await completed(client, upload, parts)).toMatchObject({ contentEncoding: 'zstd' });
      const read = await readCoded(objectPath(bucket, 'in-parts'));
      expect(read.headers.get('content-encoding')).toBe('zstd');
      expect((await read.arrayBuffer()).byteLength).toBe(fullPart(1).length + 4);
      for (const contentEncoding of ['compress', 'gzip, br', 'aws-chunked'])
        expect(
          await expectError(await start(client, bucket, { key: 'x', contentEncoding }), 'invalid_request'),
        ).toContain('contentEncoding');
      for (const none of [null, 'identity']) {
        const other = await started(client, bucket, 'plain-parts', { contentEncoding: none });
        expect(await completed(client, other, [await sent(client, other, 1, 'x')])).toMatchObject({
          contentEncoding: null,
        });
      }
    });

    test('can be put with a signed URL, which can require it', async () => {
      const free = await signedUrl(client, bucket, 'free', 'PUT');
      const put = await describedAs(putTo(free, coded, { 'Content-Encoding': 'gzip' }), 201);
      expect(put.contentEncoding).toBe('gzip');
      const url = await signedUrl(client, bucket, 'demanded', 'PUT', { contentEncoding: 'br' });
      for (const other of ['gzip', 'identity'])
        await expectError(await putTo(url, coded, { 'Content-Encoding': other }), 'forbidden');
      await expectError(
        await putTo(url.replace('=br', '=gzip'), coded, { 'Content-Encoding': 'gzip' }),
        'forbidden',
      );
      expect((await describedAs(putTo(url, coded, { 'Content-Encoding': 'BR' }), 201)).contentEncoding).toBe(
        'br',
      );
      const reading = { key: 'x', method: 'GET', expiresIn: 60, contentEncoding: 'gzip' };
      await expectError(await sign(client, bucket, reading), 'invalid_request');
    });

    test('is returned by the client as stored', async () => {
      const { objects } = createClient({ url: client.url, key: client.key });
      for (const bytes of [coded, Buffer.concat([coded, Buffer.alloc(9 * 1024 * 1024)])]) {
        const source = new Uint8Array(bytes);
        expect(await objects.put(bucket, 'client', source, { contentEncoding: 'gzip' })).toMatchObject({
          contentEncoding: 'gzip',
          size: bytes.length,
        });
        expect(await objects.info(bucket, 'client')).toMatchObject({
          contentEncoding: 'gzip',
          size: bytes.length,
        });
        const read = await objects.get(bucket, 'client');
        expect(read.contentEncoding).toBe('gzip');
        expect(Buffer.from(await new Response(read.stream).arrayBuffer()).equals(bytes)).toBe(true);
      }
    });
  });

  describe('a Content-Encoding', () => {
    const refused = async (response: Response) => {
      expect(response.status).toBe(415);
      expect(response.headers.get('accept-encoding')).toBe(accepted);
      await expectError(response, 'unsupported_content_encoding');
    };

    test.each(['compress', 'aws-chunked', 'aws-chunked, gzip', 'gzip, gzip', 'identity, gzip', '*'])(
      '%p is refused, and nothing is stored',
      async (header) => {
        const headers = { 'Content-Encoding': header, 'Idempotency-Key': crypto.randomUUID() };
        for (const bytes of [coded, large])
          await refused(await put(client, bucket, 'refused', bytes, headers));
        await refused(await putTo(await signedUrl(client, bucket, 'refused', 'PUT'), coded, headers));
        await expectError(await get(client, bucket, 'refused'), 'object_not_found');
      },
    );

    test('is always refused on parts and on JSON', async () => {
      const upload = await started(client, bucket, 'parts', { contentEncoding: 'gzip' });
      await refused(await putPart(client, upload, 1, coded, { headers: { 'Content-Encoding': 'gzip' } }));
      const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' };
      const paths = [
        '/v1/buckets',
        `/v1/buckets/${bucket}/uploads`,
        `/v1/buckets/${bucket}/sign`,
        '/v1/keys',
      ];
      for (const path of paths)
        await refused(await call(client, 'POST', path, { body: gzipSync('{"name":"x"}'), headers }));
    });
  });
}

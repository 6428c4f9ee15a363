import { describe, expect, test } from 'bun:test';
import { curl } from '../../curl.ts';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  call,
  done,
  expectBytes,
  get,
  head,
  list,
  newBucket,
  objectPath,
  pattern,
  put,
  remove,
  type StoredObject,
  sharedClient,
  stored,
  time,
} from '../client.ts';
import { expectError, expectHeadError } from '../errors.ts';

const kibibyte = 1024;
/** Both sides of the default INLINE_LIMIT. */
const sizes = [0, 1, 64 * kibibyte - 1, 64 * kibibyte, 64 * kibibyte + 1, 3 * kibibyte ** 2 + 7];

/** docs/contract/buckets.md, "Objects". */
export function objects(server: FileServerOf): void {
  const bucketOf = async (fields: Record<string, unknown> = {}) => {
    const client = await sharedClient(await server());
    return { client, bucket: (await newBucket(client, fields)).name };
  };

  describe('an object', () => {
    test('is put, read, described, listed and deleted as documented', async () => {
      const { client, bucket } = await bucketOf();
      const response = await put(client, bucket, 'notes/hello world.txt', 'Hello', {
        'Content-Type': 'text/plain',
        'x-meta-Colour': 'blue',
        'x-meta-empty': '',
      });
      const location = response.headers.get('location') ?? '';
      const object = await answered<StoredObject>(Promise.resolve(response), 201);
      expect(object).toEqual({
        bucket,
        key: 'notes/hello world.txt',
        size: 5,
        etag: expect.stringMatching(/^[\x21\x23-\x7e]+$/),
        contentType: 'text/plain',
        contentEncoding: null,
        metadata: { colour: 'blue', empty: '' },
        createdAt: expect.stringMatching(time),
        updatedAt: object.createdAt,
        expiresAt: null,
      });
      expect(Math.abs(Date.parse(object.createdAt) - Date.now())).toBeLessThan(5000);
      expect(response.headers.get('etag')).toBe(`"${object.etag}"`);

      expect(await (await call(client, 'GET', new URL(location, client.url).pathname)).text()).toBe('Hello');
      const read = await get(client, bucket, object.key);
      expect(await read.text()).toBe('Hello');
      const shown = await head(client, bucket, object.key);
      expect([shown.status, await shown.text()]).toEqual([200, '']);
      for (const { headers } of [read, shown]) {
        expect(headers.get('content-length')).toBe('5');
        expect(headers.get('content-type')).toStartWith('text/plain');
        expect(headers.get('etag')).toBe(`"${object.etag}"`);
        expect(headers.get('x-meta-colour')).toBe('blue');
        expect(headers.get('x-meta-empty')).toBe('');
        expect(headers.get('x-expires-at')).toBeNull();
      }
      expect(await list(client, bucket)).toEqual({ data: [object], nextCursor: null });

      await done(remove(client, bucket, object.key));
      await expectError(await get(client, bucket, object.key), 'object_not_found');
      await expectHeadError(await head(client, bucket, object.key), 'object_not_found');
      await expectError(await remove(client, bucket, object.key), 'object_not_found');
      expect(await list(client, bucket)).toEqual({ data: [], nextCursor: null });
    });

    test('by curl', async () => {
      const { client, bucket } = await bucketOf();
      const address = `${client.url}${objectPath(bucket, 'report.csv')}`;
      const key = ['-H', `Authorization: Bearer ${client.key}`];
      const upload = await curl(['-T', '-', address, ...key, '-H', 'Content-Type: text/csv'], 'a,b\n1,2\n');
      expect([upload.status, JSON.parse(upload.body).contentType]).toEqual([201, 'text/csv']);
      expect((await curl([address, ...key])).body).toBe('a,b\n1,2\n');
      const shown = await curl(['-I', address, ...key]);
      expect([shown.status, shown.headers['content-length']]).toEqual([200, '8']);
      expect((await curl(['-X', 'DELETE', address, ...key])).status).toBe(204);
    });

    test.each(sizes)('of %d bytes', async (size) => {
      const { client, bucket } = await bucketOf();
      const bytes = pattern(size);
      const object = await stored(client, bucket, 'bytes', bytes);
      expect([object.size, object.contentType]).toEqual([size, 'application/octet-stream']);
      await expectBytes(client, bucket, 'bytes', bytes);
      expect((await head(client, bucket, 'bytes')).headers.get('content-length')).toBe(String(size));
    });

    test.each(sizes)('of %d bytes without a length', async (size) => {
      const { client, bucket } = await bucketOf();
      const bytes = pattern(size);
      const inChunks = new ReadableStream<Uint8Array>({
        async start(controller) {
          for (let at = 0; at < size; at += 50_001) {
            controller.enqueue(bytes.slice(at, at + 50_001));
            if (at % 3 === 0) await Bun.sleep(1);
          }
          controller.close();
        },
      });
      expect((await stored(client, bucket, 'stream', inChunks)).size).toBe(size);
      await expectBytes(client, bucket, 'stream', bytes);
    });

    test('that is replaced keeps only its creation time', async () => {
      const { client, bucket } = await bucketOf();
      let before = await stored(client, bucket, 'key', pattern(100_000), {
        'x-meta-old': 'yes',
        'x-ttl': '60',
      });
      const first = before;
      for (const [index, size] of [70_000, 3, 0, 70_001, 4].entries()) {
        await Bun.sleep(5);
        const bytes = pattern(size, index + 2);
        const headers = { 'Content-Type': 'image/png', 'x-meta-new': String(index) };
        const response = await put(client, bucket, 'key', bytes, headers);
        expect(response.headers.get('location')).toBeNull();
        const after = await answered<StoredObject>(Promise.resolve(response));
        expect(after).toEqual({
          ...first,
          size,
          etag: expect.any(String),
          contentType: 'image/png',
          metadata: { new: String(index) },
          updatedAt: expect.stringMatching(time),
          expiresAt: null,
        });
        expect(after.etag).not.toBe(before.etag);
        expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
        await expectBytes(client, bucket, 'key', bytes);
        before = after;
      }
      expect((await list(client, bucket)).data).toEqual([before]);
    });

    test('has a new ETag after a put of the same bytes, and is new after a delete', async () => {
      const { client, bucket } = await bucketOf();
      const first = await stored(client, bucket, 'key', 'same');
      const second = await stored(client, bucket, 'key', 'same', {}, 200);
      await done(remove(client, bucket, 'key'));
      const third = await stored(client, bucket, 'key', 'same');
      expect(new Set([first.etag, second.etag, third.etag]).size).toBe(3);
    });

    test('that is put concurrently is one of the versions, and created once', async () => {
      const { client, bucket } = await bucketOf();
      const bodies = Array.from({ length: 20 }, (_, index) => pattern(index % 2 ? 10 : 80_000, index + 1));
      const answers = await Promise.all(bodies.map((body) => put(client, bucket, 'key', body)));
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([...Array<number>(19).fill(200), 201]);
      const read = Buffer.from(await (await get(client, bucket, 'key')).bytes());
      expect(bodies.filter((body) => read.equals(body))).toHaveLength(1);
      expect((await list(client, bucket)).data).toHaveLength(1);
    });
  });

  describe('the content type', () => {
    test.each(['text/plain; charset=utf-8', 'image/svg+xml', 'application/x-odd+json;v=1', 'a/b'])(
      '%s is kept',
      async (contentType) => {
        const { client, bucket } = await bucketOf();
        const headers = { 'Content-Type': contentType };
        expect((await stored(client, bucket, 'key', 'x', headers)).contentType).toBe(contentType);
        expect((await list(client, bucket)).data[0]?.contentType).toBe(contentType);
      },
    );

    test.each(['text', '/', 'text/', '/plain', 'a b/c', `text/${'x'.repeat(300)}`])(
      '%j is refused',
      async (contentType) => {
        const { client, bucket } = await bucketOf();
        const response = await put(client, bucket, 'key', 'x', { 'Content-Type': contentType });
        expect(await expectError(response, 'invalid_request')).toMatch(/content-?type/i);
        await expectError(await get(client, bucket, 'key'), 'object_not_found');
      },
    );
  });

  describe('x-ttl', () => {
    test.each([
      ['60', 60],
      ['90s', 90],
      ['10m', 600],
      ['2h', 7200],
      ['7d', 604_800],
      ['365d', 31_536_000],
    ])('%s is in seconds %d', async (ttl, seconds) => {
      const { client, bucket } = await bucketOf({ defaultTtlSeconds: 5 });
      const object = await stored(client, bucket, 'key', 'x', { 'x-ttl': ttl });
      const expiry = Date.parse(object.expiresAt ?? '');
      expect(object.expiresAt).toMatch(time);
      expect(Math.abs(expiry - Date.now() - seconds * 1000)).toBeLessThan(5000);
      const { headers } = await get(client, bucket, 'key');
      expect(Date.parse(headers.get('x-expires-at') ?? '')).toBe(expiry);
    });

    test.each(['0', '-1', '1.5', 'soon', '10w', '366d', '99999999999999', '1e3', '0s', '1h30m'])(
      '%j is refused',
      async (ttl) => {
        const { client, bucket } = await bucketOf();
        const response = await put(client, bucket, 'key', 'x', { 'x-ttl': ttl });
        expect(await expectError(response, 'invalid_request')).toMatch(/ttl/i);
        await expectError(await get(client, bucket, 'key'), 'object_not_found');
      },
    );

    test('defaults to the TTL of the bucket, from the time of its change on', async () => {
      const { client, bucket } = await bucketOf();
      const remaining = async (key: string) => {
        const { expiresAt } = await stored(client, bucket, key);
        return expiresAt === null ? null : Math.round((Date.parse(expiresAt) - Date.now()) / 10_000) * 10;
      };
      const setTtl = (defaultTtlSeconds: number | null) =>
        answered(call(client, 'PATCH', `/v1/buckets/${bucket}`, { json: { defaultTtlSeconds } }));
      expect(await remaining('one')).toBeNull();
      await setTtl(100);
      expect(await remaining('two')).toBe(100);
      await setTtl(1000);
      expect(await remaining('three')).toBe(1000);
      await setTtl(null);
      expect(await remaining('four')).toBeNull();
      const expiries = (await list(client, bucket)).data.map(({ key, expiresAt }) => [
        key,
        expiresAt !== null,
      ]);
      expect(expiries).toEqual([
        ['four', false],
        ['one', false],
        ['three', true],
        ['two', true],
      ]);
    });
  });
}

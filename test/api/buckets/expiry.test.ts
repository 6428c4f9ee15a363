import { describe, expect, test } from 'bun:test';
import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { nothing, startFileServer, storedBlobs, sweep, usageOf } from '../file-server.ts';
import {
  allKeys,
  answered,
  bucketPath,
  type Client,
  call,
  done,
  expectBytes,
  get,
  getBucket,
  head,
  list,
  newBucket,
  newClient,
  objectPath,
  pattern,
  put,
  remove,
  type StoredObject,
  sharedClient,
  stored,
} from './client.ts';
import { expectError, expectHeadError } from './errors.ts';

const until = (time: string | null) =>
  waitFor(`${time}`, () => Date.now() >= Date.parse(time ?? ''), { timeoutMs: 15_000, everyMs: 10 });

/** Nothing is inline, so that every sweep removes blobs; leases are short. */
const env = { UPLOAD_LEASE: '1s', LONGEST_UPLOAD: '1s', INLINE_LIMIT: '2' };
const size = 5000;

async function expiry(name: string, withS3: boolean, parts: PartName[]): Promise<void> {
  const server = startedOnce(() => startFileServer({ withS3, clockless: true, env }));

  /** Sweeps until this many blobs are left. */
  const expectSwept = async (left: number) => {
    const running = await server();
    await waitFor(
      `${left} blobs`,
      async () => {
        await sweep(running);
        return (await storedBlobs(running)).length === left;
      },
      { timeoutMs: 15_000, everyMs: 300 },
    );
  };
  const bucketOf = async (fields: Record<string, unknown> = {}) => {
    const client = await newClient(await server());
    return { client, bucket: (await newBucket(client, fields)).name };
  };
  const expectEmpty = async (client: Client) =>
    expect(await usageOf(await server(), client.key)).toEqual(nothing);

  const expectGone = async (client: Client, bucket: string, key: string, etag: string) => {
    const conditions: Record<string, string>[] = [
      {},
      { Range: 'bytes=0-0' },
      { 'If-None-Match': `"${etag}"` },
      { 'If-None-Match': '*' },
      { 'If-Match': `"${etag}"` },
    ];
    for (const condition of conditions) {
      await expectError(await get(client, bucket, key, condition), 'object_not_found');
      await expectHeadError(await head(client, bucket, key, condition), 'object_not_found');
    }
    await expectError(await remove(client, bucket, key), 'object_not_found');
    const path = `${objectPath(bucket, key)}/copy`;
    await expectError(
      await call(client, 'POST', path, { json: { destinationKey: 'late' } }),
      'object_not_found',
    );
    const outcome = await answered<{ deleted: string[]; errors: { code: string }[] }>(
      call(client, 'POST', `${bucketPath(bucket)}/objects/batch-delete`, { json: { keys: [key] } }),
    );
    expect([outcome.deleted, outcome.errors[0]?.code]).toEqual([[], 'object_not_found']);
    await expectError(await put(client, bucket, key, 'late', { 'If-Match': '*' }), 'precondition_failed');
  };

  await suiteWith(parts, name, () => {
    describe('an expired object', () => {
      test('by its own TTL or that of the bucket disappears everywhere at once, and later with row and bytes', async () => {
        const { client, bucket } = await bucketOf({ defaultTtlSeconds: 2, public: true });
        const objects = [
          await stored(client, bucket, 'deep/by default', pattern(size)),
          await stored(client, bucket, 'deep/by x-ttl', pattern(size), { 'x-ttl': '2s' }),
          await stored(client, bucket, 'inline', 'x'),
        ];
        const lasting = await stored(client, bucket, 'lasting', pattern(size), { 'x-ttl': '1h' });
        for (const { key, expiresAt } of objects) {
          const { headers } = await get({ url: client.url }, bucket, key);
          expect(headers.get('cache-control')).toMatch(/^public, max-age=[012]$/);
          expect(headers.get('x-expires-at')).toBe(expiresAt);
        }
        expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 4, sizeBytes: 3 * size + 1 });
        for (const { expiresAt } of objects) await until(expiresAt);

        expect(await list(client, bucket)).toEqual({ data: [lasting], nextCursor: null });
        expect(await list(client, bucket, { delimiter: '/' })).toMatchObject({ commonPrefixes: [] });
        expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 1, sizeBytes: size });
        const buckets = await answered<{ data: object[] }>(call(client, 'GET', '/v1/buckets'));
        expect(buckets.data).toMatchObject([{ objectCount: 1, sizeBytes: size }]);
        for (const { key, etag } of objects) {
          await expectGone(client, bucket, key, etag);
          await expectError(await get({ url: client.url }, bucket, key), 'object_not_found');
        }
        await expectSwept(1);
        expect(await usageOf(await server(), client.key)).toEqual({
          ...nothing,
          storedBytes: size,
          storedObjects: 1,
        });
        expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 1, sizeBytes: size });
        await expectBytes(client, bucket, 'lasting', pattern(size));
        await done(remove(client, bucket, 'lasting'));
        await expectSwept(0);
        await expectEmpty(client);
      });

      test('does not block its key: a put creates a new object', async () => {
        const { client, bucket } = await bucketOf();
        const keys = ['plain', 'conditional', 'copy'];
        const old: StoredObject[] = [];
        for (const key of keys) old.push(await stored(client, bucket, key, pattern(size), { 'x-ttl': '1' }));
        const source = await stored(client, bucket, 'source', pattern(size, 2));
        for (const { expiresAt } of old) await until(expiresAt);
        const plain = await stored(client, bucket, 'plain', pattern(size, 2));
        await stored(client, bucket, 'conditional', pattern(size, 2), { 'If-None-Match': '*' });
        const copy = await answered<StoredObject>(
          call(client, 'POST', `${objectPath(bucket, source.key)}/copy`, {
            json: { destinationKey: 'copy' },
            headers: { 'If-None-Match': '*' },
          }),
          201,
        );
        for (const { createdAt, expiresAt } of [plain, copy]) {
          expect(Date.parse(createdAt)).toBeGreaterThan(Date.parse(old[0]?.createdAt ?? ''));
          expect(expiresAt).toBeNull();
        }
        expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 4, sizeBytes: 4 * size });
        await sweep(await server());
        for (const key of [...keys, 'source']) await expectBytes(client, bucket, key, pattern(size, 2));
        expect(await usageOf(await server(), client.key)).toMatchObject({
          storedBytes: 4 * size,
          storedObjects: 4,
        });
        for (const key of [...keys, 'source']) await done(remove(client, bucket, key));
        await expectSwept(0);
        await expectEmpty(client);
      });

      test('does not block the deletion of its bucket, which leaves nothing', async () => {
        const { client, bucket } = await bucketOf({ defaultTtlSeconds: 1 });
        const objects: StoredObject[] = [];
        for (const key of ['a', 'b', 'c']) objects.push(await stored(client, bucket, key, pattern(size)));
        await stored(client, bucket, 'inline', 'x');
        await expectError(await call(client, 'DELETE', bucketPath(bucket)), 'bucket_not_empty');
        for (const { expiresAt } of objects) await until(expiresAt);
        await Bun.sleep(100);
        await done(call(client, 'DELETE', bucketPath(bucket)));
        await expectError(await call(client, 'GET', bucketPath(bucket)), 'bucket_not_found');
        await expectSwept(0);
        await expectEmpty(client);
      });

      test('has copies that expire with it', async () => {
        const { client, bucket } = await bucketOf();
        const source = await stored(client, bucket, 'source', pattern(size), { 'x-ttl': '1' });
        const json = { destinationKey: 'copy' };
        const path = `${objectPath(bucket, 'source')}/copy`;
        const copy = await answered<StoredObject>(call(client, 'POST', path, { json }), 201);
        expect(copy.expiresAt).toBe(source.expiresAt);
        await until(copy.expiresAt);
        for (const { key, etag } of [source, copy]) await expectGone(client, bucket, key, etag);
        await expectSwept(0);
        await expectEmpty(client);
      });
    });

    test('a list skips hundreds of expired objects', async () => {
      const { client, bucket } = await bucketOf();
      const keys = Array.from({ length: 400 }, (_, index) => `k${String(index).padStart(3, '0')}`);
      const lasts = (key: string) => Number(key.slice(1)) % 50 === 49;
      const objects = await Promise.all(
        keys.map((key) => stored(client, bucket, key, 'x', lasts(key) ? {} : { 'x-ttl': '4' })),
      );
      const page = await list(client, bucket, { limit: '3' });
      // Not as text, which has milliseconds only if they are not zero.
      const ends = objects.flatMap(({ expiresAt }) => (expiresAt === null ? [] : [Date.parse(expiresAt)]));
      await until(new Date(Math.max(...ends)).toISOString());
      const live = keys.filter(lasts);
      expect(await allKeys(client, bucket, 3)).toEqual(live);
      const rest = await list(client, bucket, { cursor: page.nextCursor ?? '' });
      expect(rest.data.map(({ key }) => key)).toEqual(live);
      expect((await list(client, bucket, { limit: '8' })).nextCursor).toBeNull();
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 8, sizeBytes: 8 });
      await sweep(await server());
      expect(await allKeys(client, bucket)).toEqual(live);
      await Promise.all(live.map((key) => done(remove(client, bucket, key))));
    });

    test('replaced, deleted and refused content leaves no bytes', async () => {
      const client = await sharedClient(await server());
      const { name: bucket } = await newBucket(client);
      await stored(client, bucket, 'key', pattern(size));
      for (let round = 0; round < 5; round += 1)
        await stored(client, bucket, 'key', pattern(size, round), {}, 200);
      const refusals: Record<string, string>[] = [
        { 'If-None-Match': '*' },
        { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' },
        { 'x-ttl': 'x' },
      ];
      for (const headers of refusals)
        expect((await put(client, bucket, 'key', pattern(size), headers)).status).toBeGreaterThanOrEqual(400);
      const copies = Array.from({ length: 5 }, (_, index) => `copy ${index % 2}`);
      await Promise.all(
        copies.map((destinationKey) =>
          call(client, 'POST', `${objectPath(bucket, 'key')}/copy`, { json: { destinationKey } }),
        ),
      );
      expect(await allKeys(client, bucket)).toEqual(['copy 0', 'copy 1', 'key']);
      await expectSwept(3);
      for (const key of await allKeys(client, bucket))
        await expectBytes(client, bucket, key, pattern(size, 4));
      const json = { keys: await allKeys(client, bucket) };
      await answered(call(client, 'POST', `${bucketPath(bucket)}/objects/batch-delete`, { json }));
      await done(call(client, 'DELETE', bucketPath(bucket)));
      await expectSwept(0);
      await expectEmpty(client);
    });
  });
}

await expiry('expiry in buckets on disk', false, []);
await expiry('expiry in buckets on S3', true, ['versitygw']);

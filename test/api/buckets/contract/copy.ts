import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  type Client,
  call,
  done,
  expectBytes,
  get,
  getBucket,
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
} from '../client.ts';
import { expectError } from '../errors.ts';

const copy = (client: Client, bucket: string, key: string, json: unknown) =>
  call(client, 'POST', `${objectPath(bucket, key)}/copy`, { json });
const copied = (client: Client, bucket: string, key: string, json: unknown): Promise<StoredObject> =>
  answered(copy(client, bucket, key, json), 201);

/** docs/contract/buckets.md, "Copies". */
export function copying(server: FileServerOf): void {
  const bucketOf = async (fields: Record<string, unknown> = {}) => {
    const client = await sharedClient(await server());
    return { client, bucket: (await newBucket(client, fields)).name };
  };

  describe('a copy', () => {
    test.each([0, 100, 200_000])(
      'has the bytes and the description of its source (%d bytes)',
      async (size) => {
        const { client, bucket } = await bucketOf();
        const bytes = pattern(size);
        const digest = `sha-256=:${new Bun.CryptoHasher('sha256').update(bytes).digest('base64')}:`;
        const headers = { 'Content-Type': 'image/png', 'x-meta-name': 'value', 'Repr-Digest': digest };
        const source = await stored(client, bucket, 'from/a b', bytes, headers);
        await Bun.sleep(5);
        const target = await copied(client, bucket, 'from/a b', { destinationKey: 'to/ü/copy' });
        expect(target).toEqual({
          ...source,
          key: 'to/ü/copy',
          etag: expect.any(String),
          createdAt: expect.any(String),
          updatedAt: target.createdAt,
        });
        expect(target.etag).not.toBe(source.etag);
        expect(Date.parse(target.createdAt)).toBeGreaterThan(Date.parse(source.createdAt));
        const shown = await head(client, bucket, target.key);
        expect(shown.headers.get('repr-digest')).toBe(digest);
        expect((await list(client, bucket)).data).toEqual([source, target]);
        expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 2, sizeBytes: 2 * size });

        // The copy and its source are independent.
        await done(remove(client, bucket, source.key));
        await expectBytes(client, bucket, target.key, bytes);
        const again = await copied(client, bucket, target.key, { destinationKey: source.key });
        await stored(client, bucket, target.key, 'other', {}, 200);
        await expectBytes(client, bucket, again.key, bytes);
      },
    );

    test('can go to another bucket of the account', async () => {
      const { client, bucket } = await bucketOf();
      const { name: other } = await newBucket(client, { public: true });
      await stored(client, bucket, 'key', 'content');
      const target = await copied(client, bucket, 'key', { destinationBucket: other, destinationKey: 'key' });
      expect([target.bucket, target.key]).toEqual([other, 'key']);
      await expectBytes({ url: client.url }, other, 'key', 'content');
      expect(await getBucket(client, other)).toMatchObject({ objectCount: 1, sizeBytes: 7 });
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 1, sizeBytes: 7 });
    });

    test('replaces the object at its destination, even its source', async () => {
      const { client, bucket } = await bucketOf();
      const source = await stored(client, bucket, 'key', pattern(100_000), { 'x-meta-a': 'b' });
      await stored(client, bucket, 'there', pattern(70_000, 2));
      const over = await copied(client, bucket, 'key', { destinationKey: 'there' });
      expect(over).toMatchObject({ size: 100_000, metadata: { a: 'b' } });
      const itself = await copied(client, bucket, 'key', {
        destinationBucket: bucket,
        destinationKey: 'key',
      });
      expect(itself).toMatchObject({ key: 'key', size: 100_000, metadata: { a: 'b' } });
      expect(itself.etag).not.toBe(source.etag);
      for (const key of ['key', 'there']) await expectBytes(client, bucket, key, pattern(100_000));
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 2, sizeBytes: 200_000 });
    });

    test('has the expiry of its source, otherwise that of the destination bucket', async () => {
      const { client, bucket } = await bucketOf();
      const { name: brief } = await newBucket(client, { defaultTtlSeconds: 600 });
      const lasting = await stored(client, bucket, 'lasting');
      const ending = await stored(client, bucket, 'ending', 'x', { 'x-ttl': '1h' });
      expect(lasting.expiresAt).toBeNull();
      const to = (destinationBucket: string, source: StoredObject) =>
        copied(client, bucket, source.key, { destinationBucket, destinationKey: `copy of ${source.key}` });
      expect((await to(bucket, lasting)).expiresAt).toBeNull();
      expect((await to(bucket, ending)).expiresAt).toBe(ending.expiresAt);
      expect((await to(brief, ending)).expiresAt).toBe(ending.expiresAt);
      const { expiresAt } = await to(brief, lasting);
      expect(Math.abs(Date.parse(expiresAt ?? '') - Date.now() - 600_000)).toBeLessThan(5000);
    });

    test('works for keys that end in /copy, and for the key copy', async () => {
      const { client, bucket } = await bucketOf();
      for (const key of ['copy', 'a/copy', 'batch-delete', 'a/copy/copy']) {
        await stored(client, bucket, key, `content of ${key}`);
        await copied(client, bucket, key, { destinationKey: `${key}/copy of` });
        await expectBytes(client, bucket, `${key}/copy of`, `content of ${key}`);
      }
    });

    test('of a missing object, or to a missing bucket, is 404', async () => {
      const { client, bucket } = await bucketOf();
      await stored(client, bucket, 'key');
      await expectError(await copy(client, bucket, 'unknown', { destinationKey: 'x' }), 'object_not_found');
      const nowhere = { destinationBucket: `no-${crypto.randomUUID()}`, destinationKey: 'x' };
      await expectError(await copy(client, bucket, 'key', nowhere), 'bucket_not_found');
      const impossible = { destinationBucket: 'NO_BUCKET', destinationKey: 'x' };
      await expectError(await copy(client, bucket, 'key', impossible), 'bucket_not_found');
      expect((await list(client, bucket)).data).toHaveLength(1);
    });

    test.each([
      '',
      '..',
      'a/../b',
      './a',
      'a\0b',
      'a\nb',
      '\x7f',
      'x'.repeat(1025),
      'é'.repeat(513),
      '\ud800',
      'a\udc00b',
    ])('refuses the destination key %j', async (destinationKey) => {
      const { client, bucket } = await bucketOf();
      await stored(client, bucket, 'key');
      await expectError(await copy(client, bucket, 'key', { destinationKey }), 'invalid_key');
      expect((await list(client, bucket)).data).toHaveLength(1);
    });

    test.each<[unknown, string]>([
      [{}, 'destinationKey'],
      [{ destinationKey: 1 }, 'destinationKey'],
      [{ destinationKey: null }, 'destinationKey'],
      [{ destinationKey: 'a', destinationBucket: 1 }, 'destinationBucket'],
      [{ destinationKey: 'a', metadata: {} }, 'metadata'],
      ['[]', ''],
      ['{', ''],
    ])('refuses %j', async (json, field) => {
      const { client, bucket } = await bucketOf();
      await stored(client, bucket, 'key');
      const message = await expectError(await copy(client, bucket, 'key', json), 'invalid_request');
      expect(message).toContain(field);
    });

    test('is complete or missing if its source is deleted or replaced concurrently', async () => {
      const { client, bucket } = await bucketOf();
      const bodies = [pattern(90_000, 1), pattern(90_000, 2)] as const;
      for (let round = 0; round < 15; round += 1) {
        const key = `key ${round}`;
        await stored(client, bucket, key, bodies[0]);
        const [made] = await Promise.all([
          copy(client, bucket, key, { destinationKey: `copy ${round}` }),
          round % 2 ? remove(client, bucket, key) : put(client, bucket, key, bodies[1]),
        ]);
        expect(made.status).toBeOneOf([201, 404]);
        if (made.status === 404) {
          await expectError(made, 'object_not_found');
          await expectError(await get(client, bucket, `copy ${round}`), 'object_not_found');
          continue;
        }
        const bytes = Buffer.from(await (await get(client, bucket, `copy ${round}`)).bytes());
        expect(bodies.some((body) => bytes.equals(body))).toBe(true);
      }
    });
  });
}

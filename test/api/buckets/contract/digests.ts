import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import {
  call,
  expectBytes,
  get,
  getBucket,
  head,
  newBucket,
  objectPath,
  pattern,
  put,
  sharedClient,
  stored,
} from '../client.ts';
import { expectError } from '../errors.ts';

const hash = (algorithm: 'md5' | 'sha256' | 'sha512', bytes: Uint8Array) =>
  new Bun.CryptoHasher(algorithm).update(bytes).digest('base64');

/** Content-MD5 (RFC 1864), and Repr-Digest and Content-Digest (RFC 9530). */
export function digests(server: FileServerOf): void {
  const bucketOf = async () => {
    const client = await sharedClient(await server());
    return { client, bucket: (await newBucket(client)).name };
  };
  const matching = (bytes: Uint8Array): Record<string, string>[] => [
    { 'Content-MD5': hash('md5', bytes) },
    { 'Repr-Digest': `sha-256=:${hash('sha256', bytes)}:` },
    { 'Content-Digest': `sha-256=:${hash('sha256', bytes)}:` },
    { 'Repr-Digest': `sha-512=:${hash('sha512', bytes)}:, sha-256=:${hash('sha256', bytes)}:` },
    { 'Repr-Digest': `sha-256=:${hash('sha256', bytes)}:`, 'Content-MD5': hash('md5', bytes) },
  ];

  describe('a body with a digest', () => {
    test.each([0, 100, 200_000])('that matches is stored (%d bytes)', async (size) => {
      const { client, bucket } = await bucketOf();
      const bytes = pattern(size);
      for (const [index, headers] of matching(bytes).entries()) {
        await stored(client, bucket, `key ${index}`, bytes, headers);
        await expectBytes(client, bucket, `key ${index}`, bytes);
      }
    });

    test.each([0, 100, 200_000])('that does not match stores nothing (%d bytes)', async (size) => {
      const { client, bucket } = await bucketOf();
      await stored(client, bucket, 'there', 'before');
      const bytes = pattern(size);
      const other = pattern(size + 1, 2);
      const right = matching(bytes).at(-1) ?? {};
      const wrong = [...matching(other), { ...right, 'Content-MD5': hash('md5', other) }];
      for (const headers of wrong)
        for (const key of ['new', 'there']) {
          const message = await expectError(
            await put(client, bucket, key, bytes, headers),
            'invalid_request',
          );
          expect(message).toMatch(/Digest|MD5/i);
        }
      await expectError(await get(client, bucket, 'new'), 'object_not_found');
      await expectBytes(client, bucket, 'there', 'before');
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 1, sizeBytes: 6 });
    });

    test('that does not match keeps the existing object', async () => {
      const { client, bucket } = await bucketOf();
      const before = pattern(200_000, 3);
      const { etag } = await stored(client, bucket, 'there', before);
      for (const headers of matching(pattern(200_000, 4)))
        await expectError(await put(client, bucket, 'there', pattern(200_000), headers), 'invalid_request');
      expect((await get(client, bucket, 'there')).headers.get('etag')).toBe(`"${etag}"`);
      await expectBytes(client, bucket, 'there', before);
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 1, sizeBytes: 200_000 });
    });

    test('without a length is also checked', async () => {
      const { client, bucket } = await bucketOf();
      const bytes = pattern(150_000);
      const inChunks = () => new Response(bytes).body as ReadableStream;
      const good = { 'Repr-Digest': `sha-256=:${hash('sha256', bytes)}:` };
      const bad = { 'Repr-Digest': `sha-256=:${hash('sha256', pattern(3))}:` };
      await expectError(await put(client, bucket, 'key', inChunks(), bad), 'invalid_request');
      await stored(client, bucket, 'key', inChunks(), good);
      await expectBytes(client, bucket, 'key', bytes);
    });

    test.each<[string, string]>([
      ['Content-MD5', 'x'],
      ['Content-MD5', 'AAAA'],
      ['Content-MD5', '!!!!!!!!!!!!!!!!!!!!!!=='],
      ['Content-MD5', 'd41d8cd98f00b204e9800998ecf8427e'],
      ['Repr-Digest', 'sha-256=:x:'],
      ['Repr-Digest', 'sha-256=:AAAA:'],
      ['Repr-Digest', 'sha-256="AAAA"'],
      ['Repr-Digest', 'sha-256'],
      ['Repr-Digest', 'sha-256=::'],
      ['Content-Digest', 'sha-256=:AAAA:'],
    ])('with a malformed digest (%s: %s) is refused', async (name, value) => {
      const { client, bucket } = await bucketOf();
      await expectError(await put(client, bucket, 'key', '', { [name]: value }), 'invalid_request');
      await expectError(await get(client, bucket, 'key'), 'object_not_found');
    });

    test('of another algorithm only is ignored', async () => {
      const { client, bucket } = await bucketOf();
      for (const value of ['sha-512=:AAAA:', 'md5=:AAAA:, crc32c=:AAAA:']) {
        await put(client, bucket, 'key', 'x', { 'Repr-Digest': value });
        const { headers } = await get(client, bucket, 'key');
        expect(headers.get('repr-digest')).toBeNull();
      }
    });
  });

  test('a Repr-Digest is returned by GET and HEAD, also for ranges, until the object is replaced', async () => {
    const { client, bucket } = await bucketOf();
    const bytes = pattern(1000);
    const digest = `sha-256=:${hash('sha256', bytes)}:`;
    await stored(client, bucket, 'key', bytes, { 'Repr-Digest': digest });
    for (const response of [
      await get(client, bucket, 'key'),
      await head(client, bucket, 'key'),
      await get(client, bucket, 'key', { Range: 'bytes=5-9' }),
    ])
      expect(response.headers.get('repr-digest')).toBe(digest);
    await stored(client, bucket, 'key', bytes, {}, 200);
    expect((await get(client, bucket, 'key')).headers.get('repr-digest')).toBeNull();
    const md5 = { 'Content-MD5': hash('md5', bytes) };
    await call(client, 'PUT', objectPath(bucket, 'key'), { body: bytes, headers: md5 });
    expect((await get(client, bucket, 'key')).headers.get('repr-digest')).toBeNull();
  });
}

import { beforeAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { curl } from '../../curl.ts';
import type { FileServerOf } from '../../file-server.ts';
import {
  answered,
  type Client,
  expectBytes,
  get,
  getBucket,
  list,
  newBucket,
  pattern,
  remove,
  type StoredObject,
  sharedClient,
  stored,
  time,
} from '../client.ts';
import { expectError, expectHeadError } from '../errors.ts';
import { askFor, putTo, type Signed, signed, signedUrl } from '../signed-client.ts';

/** What signed URLs allow without a key (docs/contract/buckets.md, "Signed URLs"). */
export function signedUrls(server: FileServerOf): void {
  let client: Client;
  let bucket: string;
  beforeAll(async () => {
    client = await sharedClient(await server());
    bucket = (await newBucket(client)).name;
  });

  describe('a signed URL', () => {
    test('contains its method and expiry', async () => {
      const before = Date.now();
      const answer: Signed = await signed(client, bucket, 'a/b.txt', 'GET', { expiresIn: 604_800 });
      expect(answer).toEqual({
        url: expect.stringMatching(/^http/),
        method: 'GET',
        expiresAt: expect.stringMatching(time),
      });
      const lasts = Date.parse(answer.expiresAt) - 604_800_000;
      expect(lasts).toBeGreaterThanOrEqual(before - 1000);
      expect(lasts).toBeLessThanOrEqual(Date.now() + 1000);
      const { origin, pathname, searchParams } = new URL(answer.url);
      expect({ origin, pathname }).toEqual({ origin: client.url, pathname: `/signed/${bucket}/a/b.txt` });
      expect(Number(searchParams.get('expires'))).toBe(Date.parse(answer.expiresAt));
      expect(searchParams.get('method')).toBe('GET');
      // It contains no part of the API key.
      expect(answer.url).not.toContain(client.key);
      expect(answer.url).not.toContain(client.key.slice('sk_live_'.length));
    });

    test('allows GET and HEAD of an object, as with a key', async () => {
      const object = await stored(client, bucket, 'read', 'content', {
        'Content-Type': 'image/png',
        'x-meta-title': 'Signed',
        'x-ttl': '10m',
      });
      const url = await signedUrl(client, bucket, 'read', 'GET');
      for (const method of ['GET', 'HEAD']) {
        const response = await askFor(url, { method });
        expect(response.status).toBe(200);
        expect(await response.text()).toBe(method === 'GET' ? 'content' : '');
        const headers = Object.fromEntries(response.headers);
        expect(headers).toMatchObject({
          'content-type': 'image/png',
          etag: `"${object.etag}"`,
          'x-meta-title': 'Signed',
          'x-content-type-options': 'nosniff',
          'content-security-policy': "sandbox; default-src 'none'",
          'cross-origin-resource-policy': 'cross-origin',
          'cache-control': expect.stringMatching(/private/),
          // The URL is a secret: it must not reach other sites or search engines.
          'referrer-policy': 'no-referrer',
          'x-robots-tag': 'noindex',
        });
        expect(Date.parse(headers['x-expires-at'] ?? '')).toBe(Date.parse(object.expiresAt ?? ''));
      }
    });

    test('sends headers against crawlers and referrers, unlike reads with a key', async () => {
      await stored(client, bucket, 'in-turn', 'content');
      const url = await signedUrl(client, bucket, 'in-turn', 'GET');
      for (const read of ['key', 'url', 'url', 'key', 'key', 'url']) {
        const response = read === 'key' ? await get(client, bucket, 'in-turn') : await askFor(url);
        expect(await response.text()).toBe('content');
        expect(response.headers.get('x-robots-tag')).toBe(read === 'key' ? null : 'noindex');
        expect(response.headers.get('referrer-policy')).toBe(read === 'key' ? null : 'no-referrer');
      }
    });

    test('supports ranges and conditions (RFC 9110)', async () => {
      const { etag } = await stored(client, bucket, 'ranges', 'abcdefghij');
      const url = await signedUrl(client, bucket, 'ranges', 'GET');
      const ask = (headers: Record<string, string>) => askFor(url, { headers });
      const part = await ask({ Range: 'bytes=2-4' });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe('bytes 2-4/10');
      expect(await part.text()).toBe('cde');
      const same = await ask({ 'If-None-Match': `"${etag}"` });
      expect({ status: same.status, text: await same.text() }).toEqual({ status: 304, text: '' });
      expect((await ask({ 'If-None-Match': '"other"' })).status).toBe(200);
      await expectError(await ask({ 'If-Match': '"other"' }), 'precondition_failed');
      const outside = await ask({ Range: 'bytes=10-' });
      expect(outside.headers.get('content-range')).toBe('bytes */10');
      await expectError(outside, 'range_not_satisfiable');
    });

    test('can be created before the object exists', async () => {
      const url = await signedUrl(client, bucket, 'later', 'GET');
      await expectError(await askFor(url), 'object_not_found');
      await expectHeadError(await askFor(url, { method: 'HEAD' }), 'object_not_found');
      await stored(client, bucket, 'later', 'here now');
      expect(await (await askFor(url)).text()).toBe('here now');
      expect((await remove(client, bucket, 'later')).status).toBe(204);
      await expectError(await askFor(url), 'object_not_found');
    });

    test('does not serve an expired object', async () => {
      await stored(client, bucket, 'short', 'content', { 'x-ttl': '1s' });
      const url = await signedUrl(client, bucket, 'short', 'GET');
      expect((await askFor(url)).status).toBe(200);
      await Bun.sleep(1100);
      await expectError(await askFor(url), 'object_not_found');
    });

    test('allows to PUT and replace an object, as with a key', async () => {
      const { name } = await newBucket(client, { defaultTtlSeconds: 600 });
      const url = await signedUrl(client, name, 'a/new.png', 'PUT');
      const response = await putTo(url, 'first', { 'Content-Type': 'image/png' });
      expect(response.headers.get('location')).toEndWith(`/v1/buckets/${name}/objects/a/new.png`);
      const object = await answered<StoredObject>(Promise.resolve(response), 201);
      expect(object).toEqual({
        bucket: name,
        key: 'a/new.png',
        size: 5,
        etag: expect.stringMatching(/^[^"]+$/),
        contentType: 'image/png',
        contentEncoding: null,
        metadata: {},
        createdAt: expect.stringMatching(time),
        updatedAt: object.createdAt,
        expiresAt: expect.stringMatching(time),
      });
      expect(Date.parse(object.expiresAt ?? '') - Date.parse(object.createdAt)).toBe(600_000);
      expect((await list(client, name)).data).toEqual([object]);
      const large = pattern(300_000);
      const replaced = await answered<StoredObject>(putTo(url, large));
      expect(replaced).toMatchObject({ size: large.length, createdAt: object.createdAt });
      await expectBytes(client, name, 'a/new.png', large);
      expect(await getBucket(client, name)).toMatchObject({ objectCount: 1, sizeBytes: large.length });
    });

    test('checks the conditions and checksums of a PUT', async () => {
      const { etag } = await stored(client, bucket, 'held', 'before');
      const url = await signedUrl(client, bucket, 'held', 'PUT');
      await expectError(await putTo(url, 'x', { 'If-None-Match': '*' }), 'precondition_failed');
      await expectError(await putTo(url, 'x', { 'If-Match': '"other"' }), 'precondition_failed');
      const md5 = { 'Content-MD5': Buffer.alloc(16).toString('base64') };
      await expectError(await putTo(url, 'x', md5), 'invalid_request');
      await expectBytes(client, bucket, 'held', 'before');
      await answered(putTo(url, 'after', { 'If-Match': `"${etag}"` }));
      await expectBytes(client, bucket, 'held', 'after');
    });

    test.each([
      'a b',
      'a+b',
      'ü/😀.txt',
      'a%2Fb',
      'a?b=c&d#e',
      'a//b',
      '/a',
      'a/',
      '100%',
      `"quotes" & 'more'`,
      'batch-delete',
      'a/copy',
      'x'.repeat(1000),
    ])('works for the key %s', async (key) => {
      const { name } = await newBucket(client);
      await answered(putTo(await signedUrl(client, name, key, 'PUT'), 'odd'), 201);
      expect((await list(client, name)).data.map((object) => object.key)).toEqual([key]);
      const response = await askFor(await signedUrl(client, name, key, 'GET'));
      expect({ status: response.status, text: await response.text() }).toEqual({ status: 200, text: 'odd' });
    });

    test('works for curl', async () => {
      const file = join(temporaryDirectory('curl'), 'note.txt');
      writeFileSync(file, 'by curl');
      const to = await signedUrl(client, bucket, 'curl/note.txt', 'PUT', { contentType: 'text/plain' });
      const type = ['--header', 'Content-Type: text/plain'];
      expect((await curl([...type, '--upload-file', file, to])).status).toBe(201);
      expect((await curl(['--upload-file', file, to])).status).toBe(403);
      // From standard input, without a length.
      expect((await curl([...type, '--upload-file', '-', to], 'from a pipe')).status).toBe(200);
      const from = await signedUrl(client, bucket, 'curl/note.txt', 'GET');
      expect(await curl([from])).toMatchObject({ status: 200, body: 'from a pipe' });
      expect(await curl(['--range', '0-3', from])).toMatchObject({ status: 206, body: 'from' });
      const head = await curl(['--head', from]);
      expect(head).toMatchObject({ status: 200, body: '' });
      expect(head.headers['content-length']).toBe('11');
      const key = ['--header', `Authorization: Bearer ${client.key}`];
      expect(await curl([...key, `${client.url}/v1/buckets/${bucket}/objects/curl/note.txt`])).toMatchObject({
        status: 200,
        body: 'from a pipe',
      });
    });

    test('is not logged, and neither is an API key', async () => {
      const { logs } = await server();
      const { url } = await signed(client, bucket, 'logged', 'GET');
      await askFor(url);
      const { headers } = await get(client, bucket, 'logged');
      // The log is written ten times a second, in order.
      await waitFor('the line of the last', () => logs().includes(headers.get('x-request-id') ?? 'none'));
      const signature = new URL(url).searchParams.get('signature') ?? '';
      expect(signature.length).toBeGreaterThan(20);
      expect(logs()).not.toContain(signature);
      expect(logs()).not.toContain(client.key);
    });
  });
}

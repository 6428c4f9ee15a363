import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import { bucketPath, call, get, head, newBucket, objectPath, sharedClient, stored } from '../client.ts';
import { expectError, expectHeadError } from '../errors.ts';
import { signedUrl } from '../signed-client.ts';

/** The common rules of all routes: docs/contract/shared.md. */
export function paths(server: FileServerOf): void {
  const bucketOf = async () => {
    const client = await sharedClient(await server());
    return { client, bucket: (await newBucket(client)).name };
  };

  describe('unknown paths', () => {
    test.each([
      '/v1/',
      '/v1/unknown',
      '/v1/buckets/a/b',
      '/v1/buckets/a/objects/b/c/',
      '/v1/keys/a/b',
      '/v1//',
    ])('%s without a key is the same as an unknown path', async (path) => {
      const { url } = await server();
      const response = await call({ url }, 'GET', path);
      expect(response.status).toBeOneOf([401, 404]);
      await expectError(response, response.status === 401 ? 'unauthorized' : 'not_found');
    });

    test.each(['/v1/unknown', '/v1/buckets/abc/unknown', '/v1/accounts', '/v1/account/x', '/v1/bucket'])(
      '%s is not_found in the shape of this API',
      async (path) => {
        const { client } = await bucketOf();
        for (const method of ['GET', 'POST', 'DELETE'])
          await expectError(await call(client, method, path), 'not_found');
        await expectHeadError(await call(client, 'HEAD', path), 'not_found');
      },
    );

    test('pages of unknown error codes', async () => {
      const { url } = await server();
      for (const code of ['unknown', 'INVALID_KEY', '__proto__', 'constructor', '..%2F..', '%00', '<script>'])
        expect([code, (await fetch(`${url}/docs/errors/${code}`)).status]).toEqual([code, 404]);
    });
  });

  test('a bucket with a slash after its name is an unknown path for every method', async () => {
    const { client, bucket } = await bucketOf();
    for (const slash of ['/', '//', '/?x=1'])
      for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'])
        expect([slash, method, (await call(client, method, `${bucketPath(bucket)}${slash}`)).status]).toEqual(
          [slash, method, 404],
        );
    // An encoded slash is part of the name, which no bucket can have.
    const encoded = `${bucketPath(bucket)}%2F`;
    expect((await call(client, 'GET', encoded)).status).toBe(404);
    expect((await call(client, 'PATCH', encoded, { json: { public: true } })).status).toBe(404);
    expect((await call(client, 'DELETE', encoded)).status).toBe(404);
    await expectError(await call(client, 'DELETE', `${bucketPath(bucket)}/`), 'not_found');
    await expectHeadError(await call(client, 'HEAD', `${bucketPath(bucket)}/`), 'not_found');
    expect((await call(client, 'GET', bucketPath(bucket))).status).toBe(200);
  });

  test('other methods are 405 with the allowed methods', async () => {
    const { client, bucket } = await bucketOf();
    await stored(client, bucket, 'key');
    const object = objectPath(bucket, 'key');
    const expected: [string, string[], string[]][] = [
      ['/v1/buckets', ['GET', 'POST'], ['PUT', 'PATCH', 'DELETE']],
      [bucketPath(bucket), ['GET', 'PATCH', 'DELETE'], ['PUT', 'POST']],
      [`${bucketPath(bucket)}/objects`, ['GET'], ['PUT', 'PATCH', 'POST', 'DELETE']],
      [object, ['GET', 'HEAD', 'PUT', 'DELETE'], ['POST', 'PATCH']],
      ['/v1/account', ['GET'], ['POST', 'PUT', 'DELETE']],
    ];
    for (const [path, allowed, refused] of expected)
      for (const method of refused) {
        const response = await call(client, method, path);
        const allow = (response.headers.get('allow') ?? '').split(', ');
        expect([path, method, response.status]).toEqual([path, method, 405]);
        for (const name of allowed) expect(allow).toContain(name);
        for (const name of refused) expect(allow).not.toContain(name);
        await expectError(response, 'method_not_allowed');
      }
    expect((await get(client, bucket, 'key')).status).toBe(200);
  });

  test('HEAD gets the response of GET without the body', async () => {
    const { client, bucket } = await bucketOf();
    for (const path of ['/v1/buckets', bucketPath(bucket), `${bucketPath(bucket)}/objects`, '/v1/account']) {
      const [read, shown] = [await call(client, 'GET', path), await call(client, 'HEAD', path)];
      expect([path, shown.status, await shown.text()]).toEqual([path, 200, '']);
      expect(shown.headers.get('content-type')).toBe(read.headers.get('content-type'));
    }
  });

  describe('X-Request-Id', () => {
    test('is that of the request, or a new one, on every response', async () => {
      const { client, bucket } = await bucketOf();
      const ids = new Set<string | null>();
      for (const [method, path] of [
        ['GET', bucketPath(bucket)],
        ['GET', objectPath(bucket, 'unknown')],
        ['HEAD', objectPath(bucket, 'unknown')],
        ['GET', '/v1/unknown'],
      ] as const) {
        const own = `own.${crypto.randomUUID()}`;
        const answer = await call(client, method, path, { headers: { 'X-Request-Id': own } });
        expect(answer.headers.get('x-request-id')).toBe(own);
        for (const bad of ['a b', 'x'.repeat(129), 'a/b', '']) {
          const { headers } = await call(client, method, path, { headers: { 'X-Request-Id': bad } });
          expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
          ids.add(headers.get('x-request-id'));
        }
      }
      expect(ids.size).toBe(16);
    });
  });

  describe('pages of other origins', () => {
    const origin = { Origin: 'https://elsewhere.example' };

    test('can send the headers of this API, including x-meta-* with any name', async () => {
      const { client, bucket } = await bucketOf();
      const asked =
        'authorization,content-type,if-match,idempotency-key,x-ttl,x-meta-colour,x-meta-a_b,x-other';
      for (const [path, method] of [
        [objectPath(bucket, 'a/b'), 'PUT'],
        ['/v1/buckets', 'POST'],
      ] as const) {
        const headers = {
          ...origin,
          'Access-Control-Request-Method': method,
          'Access-Control-Request-Headers': asked,
        };
        const response = await call({ url: client.url }, 'OPTIONS', path, { headers });
        expect(response.status).toBe(204);
        expect(response.headers.get('access-control-allow-origin')).toBe('*');
        expect(response.headers.get('access-control-allow-credentials')).toBeNull();
        expect(response.headers.get('access-control-allow-methods')).toContain(method);
        const allowed = (response.headers.get('access-control-allow-headers') ?? '')
          .toLowerCase()
          .split(', ');
        for (const name of asked.split(',').slice(0, -1)) expect(allowed).toContain(name);
        expect(allowed).not.toContain('x-other');
      }
    });

    test('can read metadata with any name', async () => {
      const { client, bucket } = await bucketOf();
      await stored(client, bucket, 'key', 'content', { 'x-meta-build': '5', 'x-meta-a_b': 'c' });
      const url = await signedUrl(client, bucket, 'key', 'GET');
      const etag = (await head(client, bucket, 'key')).headers.get('etag') ?? '';
      for (const response of [
        await get(client, bucket, 'key', origin),
        await get(client, bucket, 'key', { ...origin, Range: 'bytes=0-1' }),
        await head(client, bucket, 'key', origin),
        await fetch(url, { headers: origin }),
      ]) {
        expect(response.headers.get('x-meta-build')).toBe('5');
        const exposed = response.headers.get('access-control-expose-headers')?.split(', ');
        expect(exposed).toEqual(expect.arrayContaining(['x-meta-build', 'x-meta-a_b', 'ETag']));
      }
      const same = await get(client, bucket, 'key', { ...origin, 'If-None-Match': etag });
      expect(same.status).toBe(304);
      expect((await get(client, bucket, 'key')).headers.get('access-control-expose-headers')).toBeNull();
    });

    test('can read the responses and their headers', async () => {
      const { client, bucket } = await bucketOf();
      await stored(client, bucket, 'key');
      for (const key of ['key', 'unknown']) {
        const { headers } = await get(client, bucket, key, origin);
        expect(headers.get('access-control-allow-origin')).toBe('*');
        const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(', ');
        for (const name of [
          'etag',
          'location',
          'content-range',
          'x-request-id',
          'x-expires-at',
          'retry-after',
        ])
          expect(exposed).toContain(name);
      }
    });
  });
}

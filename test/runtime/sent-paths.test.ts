import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import {
  allKeys,
  bucketPath,
  type Client,
  call,
  expectBytes,
  getBucket,
  newBucket,
  sharedClient,
  stored,
} from '../api/buckets/client.ts';
import { type FileServer, startFileServer } from '../api/file-server.ts';
import { rawRequest, requestText } from '../api/raw-request.ts';
import { type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';

setDefaultTimeout(60_000);

function sentPaths(runtime: Runtime): void {
  let server: FileServer;
  let client: Client;
  beforeAll(async () => {
    server = await startFileServer({ runtime });
    client = await sharedClient(server);
  });
  afterAll(() => server.stop());

  const newBucketOf = async () => (await newBucket(client)).name;

  /** Sends a path unchanged; `fetch` would resolve it. */
  function send(method: string, path: string, headers = [`Host: 127.0.0.1:${server.port}`]) {
    const lines = [
      `${method} ${path} HTTP/1.1`,
      ...headers,
      `Authorization: Bearer ${client.key}`,
      'Connection: close',
      ...(method === 'PUT' ? ['Content-Length: 1'] : []),
    ];
    const text = requestText(lines, method === 'PUT' ? 'x' : '');
    return rawRequest(server.url, Buffer.from(text, 'utf8'));
  }

  async function expectRefused(method: string, path: string, headers?: string[]): Promise<void> {
    const { status, body } = await send(method, path, headers);
    const { error } = JSON.parse(body) as { error: string | { code: string } };
    const code = typeof error === 'string' ? error : error.code;
    expect([method, path, status, code]).toEqual([
      method,
      path,
      400,
      expect.stringMatching(/^invalid_key$|^VALIDATION_ERROR$|^The path must not have/),
    ]);
  }

  describe('a path that the URL parser would change is rejected', () => {
    const dotted = [
      ...['../b', '..', '.', './b', 'a/../b', 'a/./b', 'a/..', 'a/.', 'a/../', 'a/./', 'a/b/../../b'],
      ...['%2e%2e/b', 'a/%2e%2e/b', 'a/%2E%2e/b', 'a/.%2e/b', 'a/%2e./b', 'a/%2e/b', '%2e%2E', '%2e'],
      ...['a\\b', 'a\\..\\b', '..\\b', '\\b', 'b\\', 'a/..\\y\\b', 'a\\.\\b', 'c%5C\\b', 'a%5C/../b'],
      ...['%zz/../b', '%ff\\..\\b', 'a%\\../b', '%\\..', 'x/../../..', '../../other/objects/b'],
    ];

    test.each(dotted)('objects/%s', async (key) => {
      const bucket = await newBucketOf();
      await stored(client, bucket, 'b', 'precious');
      for (const method of ['PUT', 'GET', 'DELETE', 'PATCH'])
        await expectRefused(method, `${bucketPath(bucket)}/objects/${key}`);
      await expectRefused('POST', `${bucketPath(bucket)}/objects/${key}/copy`);
      expect(await allKeys(client, bucket)).toEqual(['b']);
      await expectBytes(client, bucket, 'b', 'precious');
    });

    test('as HEAD too, and with any Host header', async () => {
      const path = `${bucketPath(await newBucketOf())}/objects/a/../b`;
      expect((await send('HEAD', path)).status).toBe(400);
      for (const host of [['Host: a b'], ['Host:'], ['Host: [']])
        for (const sent of [path, `/raw/raw/../..${path}`, `/api/api/../..${path}`]) {
          const { status } = await send('PUT', sent, host).catch(() => ({ status: 400 }));
          // A path outside of the routes may be 404, but it must not reach the bucket.
          expect([400, 404]).toContain(status);
        }
      const old = requestText(
        [`PUT ${path} HTTP/1.0`, `Authorization: Bearer ${client.key}`, 'Content-Length: 1'],
        'x',
      );
      expect((await rawRequest(server.url, old)).status).toBe(400);
    });

    test('that resolves to the bucket itself, which stays', async () => {
      const bucket = await newBucketOf();
      const objects = `${bucketPath(bucket)}/objects`;
      for (const path of [
        `${objects}/x/../..`,
        `${objects}/..`,
        `${objects}/x/../../`,
        `${objects}//../..`,
        `${objects}/x//../../..`,
        `${objects}/x/../../../${bucket}`,
        `/signed/${bucket}/../../v1/buckets/${bucket}`,
        `/f/../v1/buckets/${bucket}`,
        `/f//../../v1/buckets/${bucket}`,
        `/x/../v1/buckets/${bucket}`,
        `/api/v1/payloads/../../../v1/buckets/${bucket}`,
        `/raw/../v1/buckets/${bucket}`,
        `/p//../../v1/buckets/${bucket}`,
        `${'/a'.repeat(40)}${'/..'.repeat(40)}/v1/buckets/${bucket}`,
      ])
        for (const method of ['DELETE', 'PATCH']) await expectRefused(method, path);
      expect((await getBucket(client, bucket)).objectCount).toBe(0);
    });

    test('that would let a POST reach the object of another bucket', async () => {
      const bucket = await newBucketOf();
      await stored(client, bucket, 'b', 'precious');
      for (const path of [
        `/v1/buckets/x/../${bucket}/objects/b/copy`,
        `/v1/x/..${bucketPath(bucket).slice(3)}/objects/b/copy`,
        `/v1/buckets/other/uploads/../../${bucket}/objects/b/copy`,
        `/x/..${bucketPath(bucket)}/objects/b/copy`,
        `/api/..${bucketPath(bucket)}/objects/b/copy`,
      ])
        for (const method of ['POST', 'GET']) await expectRefused(method, path);
      expect(await allKeys(client, bucket)).toEqual(['b']);
    });

    test('below the path of PUBLIC_URL too', async () => {
      const below = await startMayfly({ runtime, env: { PUBLIC_URL: 'http://mayfly.test/paste' } });
      try {
        for (const [method, path, status] of [
          ['GET', '/paste/f/a/../b', 400],
          ['GET', '/paste/signed/abc/a/../b', 400],
          ['POST', '/paste/v1/buckets/a/../b/objects/k/copy', 400],
          ['POST', '/paste/x/../v1/buckets/b/objects/k/copy', 400],
          ['POST', '/x/../paste/v1/buckets/b/objects/k/copy', 400],
          ['GET', '/paste/v1/buckets/b', 401],
          ['GET', '/v1/buckets/b', 401],
          ['GET', '/paste/healthz', 200],
        ] as const) {
          const text = requestText(
            [`${method} ${path} HTTP/1.1`, 'Host: mayfly.test', 'Connection: close'],
            '',
          );
          const answer = await rawRequest(below.url, Buffer.from(text));
          expect([method, path, answer.status]).toEqual([method, path, status]);
        }
      } finally {
        await below.stop();
      }
    });

    test('in the other places for keys and names', async () => {
      for (const [method, path] of [
        ['GET', '/signed/abc/a/../b?method=GET'],
        ['PUT', '/signed/abc/a/%2e%2e/b?method=PUT'],
        ['GET', '/f/a/../b'],
        ['GET', '/f/a\\b'],
        ['PUT', '/..'],
        ['PUT', '/a\\b'],
        ['PUT', '/x/../y'],
        ['PUT', '/%2e%2e'],
      ] as const)
        await expectRefused(method, path);
    });

    test.each(['user/..#x', 'user#x', 'user#', '#', 'a/b#/../c', 'us#er/a', 'a//..#x', 'a?x=1#y'])(
      'with a # that is not encoded: objects/%s (RFC 9112, section 3.2)',
      async (key) => {
        const bucket = await newBucketOf();
        for (const method of ['PUT', 'GET', 'DELETE'])
          await expectRefused(method, `${bucketPath(bucket)}/objects/${key}`);
        expect((await send('PUT', `${bucketPath(bucket)}/objects/${key}`, ['Host:'])).status).toBe(400);
        expect(await allKeys(client, bucket)).toEqual([]);
      },
    );

    test('with a # in the places of the other APIs', async () => {
      for (const [method, path] of [
        ['PUT', '/name#x'],
        ['GET', '/f/a#b'],
        ['GET', '/signed/abc/a#b?method=GET'],
        ['GET', `/raw/${'0'.repeat(32)}#x`],
      ] as const)
        await expectRefused(method, path);
    });

    test('down to the 32nd segment', async () => {
      const bucket = await newBucketOf();
      // Four segments come before the key.
      await expectRefused('PUT', `${bucketPath(bucket)}/objects/${'a/'.repeat(26)}../b`);
      await expectRefused('PUT', `${bucketPath(bucket)}/objects/../${'a/'.repeat(200)}b`);
      await expectRefused('PUT', `${bucketPath(bucket)}/objects/${'a/'.repeat(100)}${'../'.repeat(110)}b`);
      expect(await allKeys(client, bucket)).toEqual([]);
    });
  });

  describe('any other key is stored as it was sent', () => {
    const odd = [
      ...['a//b', '//', '/', 'a/', '%25', '%252e%252e', 'a%2Fb', '%2Fa', 'a%5Cb', '%5C', '...', 'a/.../b'],
      ...['..a/b', 'a../b', '.a', 'a.', '%EF%BF%BD', '%EF%BF%BD%5C', 'a;..', 'a%3F', 'a%23', 'a+b', '~'],
      ...['a&b=c', '%20', '%C3%A9', 'a:b', '%7Bx%7D', 'x'.repeat(1024), `${'a/'.repeat(60)}b`, '*', ':s5'],
    ];

    test.each(odd.map((key) => [key.slice(0, 30), key]))('%s', async (_, sent) => {
      const bucket = await newBucketOf();
      const path = `${bucketPath(bucket)}/objects/${sent}`;
      const { status, body } = await send('PUT', path);
      expect([status, JSON.parse(Buffer.from(body, 'latin1').toString()).key]).toEqual([
        201,
        decodeURIComponent(sent),
      ]);
      expect((await send('GET', path)).body).toBe('x');
      expect((await send('DELETE', path)).status).toBe(204);
    });

    test('or is rejected, and nothing is stored under another key', async () => {
      const bucket = await newBucketOf();
      const piece = fc.constantFrom(
        ...[
          'a',
          'b',
          '.',
          '..',
          '%2e',
          '%2E%2e',
          '\\',
          '%5C',
          '%2F',
          '%25',
          '%',
          '%ff',
          'é',
          '%EF%BF%BD',
          ';',
        ],
      );
      const segment = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
      const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));
      await fc.assert(
        fc.asyncProperty(path, async (sent) => {
          const { status, body } = await send('PUT', `${bucketPath(bucket)}/objects/${sent}`);
          // 404 if the path is not percent-encoded UTF-8 and resolves elsewhere: it names no key and no bucket.
          if (status === 400 || status === 404) return;
          expect(JSON.parse(Buffer.from(body, 'latin1').toString()).key).toBe(decodeURIComponent(sent));
        }),
        { numRuns: 400 },
      );
    });

    test('and other oddly encoded paths are found', async () => {
      const bucket = await newBucketOf();
      const spelled = `/v1/%62uckets/${bucket}`;
      const same = await call(client, 'GET', bucketPath(bucket));
      expect((await send('GET', `${bucketPath(encodeURIComponent(bucket))}?x=/../`)).status).toBe(
        same.status,
      );
      expect((await send('GET', spelled)).status).toBe((await call(client, 'GET', spelled)).status);
    });
  });

  const deep = [
    [`${'a/'.repeat(30)}x/../b`, `${'a/'.repeat(30)}b`],
    ['a//x/../b', 'a//b'],
  ] as const;
  if (runtime === 'bun')
    test('as docs/limits.md says, dots after the 32nd segment or an empty one are not detected within a bucket', async () => {
      const bucket = await newBucketOf();
      for (const [sent, reached] of deep) {
        const { status, body } = await send('PUT', `${bucketPath(bucket)}/objects/${sent}`);
        expect([status, JSON.parse(body).key]).toEqual([201, reached]);
      }
    });
  else
    test('dots are rejected at any depth', async () => {
      const bucket = await newBucketOf();
      for (const [sent] of deep) await expectRefused('PUT', `${bucketPath(bucket)}/objects/${sent}`);
    });

  test('a path in UTF-8 that is not percent-encoded is that key, or is rejected by Node', async () => {
    const bucket = await newBucketOf();
    const { status } = await send('PUT', `${bucketPath(bucket)}/objects/é`);
    expect(status).toBe(runtime === 'bun' ? 201 : 400);
    expect(await allKeys(client, bucket)).toEqual(runtime === 'bun' ? ['é'] : []);
  });
}

describe('on Bun', () => sentPaths('bun'));
await suiteWith(['node'], 'on Node', () => sentPaths('node'));

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { FileServerOf } from '../../file-server.ts';
import { rawRequest, requestText } from '../../raw-request.ts';
import {
  bucketPath,
  call,
  getBucket,
  newBucket,
  newBucketName,
  objectPath,
  sharedClient,
  stored,
} from '../client.ts';
import { expectError } from '../errors.ts';

/** docs/contract/shared.md, "JSON bodies". */
export function badInput(server: FileServerOf): void {
  const bucketOf = async () => {
    const client = await sharedClient(await server());
    return { client, bucket: (await newBucket(client)).name };
  };

  describe('a bucket is not created from', () => {
    test.each<[Record<string, unknown>, string]>([
      [{}, 'name'],
      [{ name: undefined, public: true }, 'name'],
      [{ name: 1 }, 'name'],
      [{ name: null }, 'name'],
      [{ name: ['abc'] }, 'name'],
      [{ public: 'true' }, 'public'],
      [{ public: null }, 'public'],
      [{ public: 1 }, 'public'],
      [{ defaultTtlSeconds: 0 }, 'defaultTtlSeconds'],
      [{ defaultTtlSeconds: -1 }, 'defaultTtlSeconds'],
      [{ defaultTtlSeconds: 1.5 }, 'defaultTtlSeconds'],
      [{ defaultTtlSeconds: '60' }, 'defaultTtlSeconds'],
      [{ defaultTtlSeconds: 365 * 86_400 + 1 }, 'defaultTtlSeconds'],
      [{ defaultTtlSeconds: 1e300 }, 'defaultTtlSeconds'],
      [{ region: 'eu' }, 'region'],
      [{ objectCount: 5 }, 'objectCount'],
      [{ createdAt: '2020-01-01T00:00:00Z' }, 'createdAt'],
    ])('%j', async (fields, named) => {
      const client = await sharedClient(await server());
      const name = newBucketName();
      const withName = named === 'name' ? fields : { name, ...fields };
      const response = await call(client, 'POST', '/v1/buckets', { json: withName });
      expect(await expectError(response, 'invalid_request')).toContain(named);
      await expectError(await call(client, 'GET', bucketPath(name)), 'bucket_not_found');

      const { name: bucket } = await newBucket(client);
      const before = await getBucket(client, bucket);
      if (Object.keys(fields).length > 0) {
        const change = await call(client, 'PATCH', bucketPath(bucket), { json: fields });
        if (named !== 'name' || 'name' in JSON.parse(JSON.stringify(fields)))
          expect(await expectError(change, 'invalid_request')).toContain(named);
        expect(await getBucket(client, bucket)).toMatchObject({ ...before, public: change.status === 200 });
      }
    });

    test.each(['', '{', '[]', 'null', '"x"', '1', 'name=x', '{"name":"a"}}', '\u0000'])(
      '%j',
      async (body) => {
        const { client, bucket } = await bucketOf();
        const headers = { 'Content-Type': 'application/json' };
        for (const [method, path] of [
          ['POST', '/v1/buckets'],
          ['PATCH', bucketPath(bucket)],
        ] as const)
          await expectError(await call(client, method, path, { body, headers }), 'invalid_request');
      },
    );

    test('bytes that are not UTF-8, or too many bytes', async () => {
      const { client } = await bucketOf();
      const broken = Buffer.concat([Buffer.from('{"name":"abc'), Buffer.from([0xff]), Buffer.from('"}')]);
      await expectError(await call(client, 'POST', '/v1/buckets', { body: broken }), 'invalid_request');
      const enormous = `{"name":"${'x'.repeat(20_000_000)}"}`;
      const response = await call(client, 'POST', '/v1/buckets', { body: enormous });
      expect(response.status).toBeOneOf([400, 413]);
      await expectError(response, response.status === 413 ? 'payload_too_large' : 'invalid_request');
    });
  });

  test('a body with __proto__ or deep nesting is refused, and the message does not repeat it', async () => {
    const { client, bucket } = await bucketOf();
    const nested = '['.repeat(50_000) + ']'.repeat(50_000);
    for (const body of [
      nested,
      `{"name":${nested}}`,
      '{"__proto__":{"name":"polluted"}}',
      '{"name":"abcdef","__proto__":{"public":true}}',
      '{"name":"abcdef","constructor":{}}',
      '{"name":"abcdef","<script>alert(1)</script>":1}',
    ]) {
      const response = await call(client, 'POST', '/v1/buckets', { json: body });
      expect(await expectError(response, 'invalid_request')).not.toContain('<script>');
    }
    expect((await getBucket(client, bucket)).public).toBe(false);
  });

  // docs/contract/shared.md, "Values".
  describe('U+0000', () => {
    test.each([
      ['POST', '/v1/keys', { name: 'a\0b' }, 'name'],
      ['POST', '/v1/webhooks', { url: 'https://example.com/\0' }, 'url'],
    ])('is refused by %s %s', async (method, path, json, field) => {
      const { client } = await bucketOf();
      const response = await call(client, method, path, { json });
      expect(await expectError(response, 'invalid_request')).toContain(field);
    });

    test.each(['prefix=a%00b', 'delimiter=%00'])('is refused in a list by %s', async (query) => {
      const { client, bucket } = await bucketOf();
      const response = await call(client, 'GET', `${bucketPath(bucket)}/objects?${query}`);
      await expectError(response, 'invalid_request');
    });

    test.each([
      ['DELETE', '/v1/keys/%00', 'key_not_found'],
      ['GET', '/v1/webhooks/%00', 'webhook_not_found'],
      ['DELETE', '/v1/webhooks/%00', 'webhook_not_found'],
      ['GET', '/v1/webhooks/%00/deliveries', 'webhook_not_found'],
      ['POST', '/v1/webhooks/%00/deliveries/x/redeliver', 'webhook_not_found'],
      ['GET', '/v1/buckets/%00', 'bucket_not_found'],
    ] as const)('in the id of %s %s is the id of nothing', async (method, path, code) => {
      const { client } = await bucketOf();
      await expectError(await call(client, method, path), code);
    });

    test('in the id of an upload is the id of nothing', async () => {
      const { client, bucket } = await bucketOf();
      await expectError(
        await call(client, 'DELETE', `${bucketPath(bucket)}/uploads/%00`),
        'upload_not_found',
      );
    });
  });

  test('odd headers cause no server error', async () => {
    const { client, bucket } = await bucketOf();
    await stored(client, bucket, 'there', 'content');
    const name = fc.constantFrom(
      ...['range', 'if-none-match', 'if-match', 'if-modified-since', 'if-unmodified-since', 'if-range'],
      ...['x-ttl', 'x-meta-a', 'x-meta-é', 'content-md5', 'repr-digest', 'content-digest', 'content-type'],
      ...['idempotency-key', 'x-request-id', 'content-encoding', 'transfer-encoding', 'expect', 'origin'],
      ...[
        'content-range',
        'x-forwarded-for',
        'access-control-request-headers',
        'accept-encoding',
        'want-repr-digest',
      ],
    );
    const value = fc.oneof(
      fc.string({
        unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
        maxLength: 200,
      }),
      fc.constantFrom(
        '',
        '*',
        '"',
        'W/"',
        ',,,,',
        '"a",'.repeat(500),
        'sha-256=:',
        'sha-256=:AAAA:;x',
        ':',
        '==',
      ),
      fc.constantFrom(
        'bytes=',
        'bytes=-',
        `bytes=${'9'.repeat(400)}-`,
        'bytes=0-0,'.repeat(500),
        '-1',
        '1e300',
      ),
      fc.constantFrom(
        'Sun, 99 Foo 9999 99:99:99 GMT',
        'sha-256=?1',
        'sha-256=(1 2)',
        'gzip',
        'chunked',
        '100-x',
      ),
    );
    const target = fc.constantFrom(
      ['GET', objectPath(bucket, 'there')],
      ['HEAD', objectPath(bucket, 'there')],
      ['PUT', objectPath(bucket, 'new')],
      ['DELETE', objectPath(bucket, 'gone')],
      ['POST', `${objectPath(bucket, 'there')}/copy`],
      ['POST', `${bucketPath(bucket)}/objects/batch-delete`],
      ['GET', `${bucketPath(bucket)}/objects?prefix=%ff&delimiter=%00&limit=1`],
      ['OPTIONS', objectPath(bucket, 'there')],
    );
    await fc.assert(
      fc.asyncProperty(
        target,
        fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 3 }),
        async ([method, path], pairs) => {
          const lines = [
            `${method} ${path} HTTP/1.1`,
            ...['Host: localhost', 'Connection: close', 'Content-Length: 2'],
            `Authorization: Bearer ${client.key}`,
            ...pairs.map(([key, text]) => `${key}: ${text}`),
          ];
          const bytes = Buffer.from(requestText(lines, '{}'), 'latin1');
          // Runtimes close the connection for some: that is accepted.
          const answer = await rawRequest(client.url, bytes).catch(() => undefined);
          if (answer === undefined) return;
          expect(answer.status).toBeLessThan(500);
          if (answer.status < 400 || method === 'HEAD' || answer.headers['x-request-id'] === undefined)
            return;
          expect(JSON.parse(answer.body)).toHaveProperty('error.code');
        },
      ),
      { numRuns: 200 },
    );
  });
}

import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import { rawRequest, requestText } from '../../raw-request.ts';
import { get, head, list, newBucket, objectPath, put, sharedClient, stored } from '../client.ts';
import { expectError } from '../errors.ts';

/** `x-meta-NAME` (docs/contract/buckets.md, "Objects"). */
export function metadata(server: FileServerOf): void {
  const bucketOf = async () => {
    const client = await sharedClient(await server());
    return { client, bucket: (await newBucket(client)).name };
  };

  describe('metadata', () => {
    test('is in every response about the object, and in headers', async () => {
      const { client, bucket } = await bucketOf();
      const metadata = {
        plain: 'value',
        'with-dash': 'a, b; c="d"',
        with_underscore: '{"json":true}',
        0: '~',
      };
      const headers = Object.fromEntries(
        Object.entries(metadata).map(([name, value]) => [`X-Meta-${name.toUpperCase()}`, value]),
      );
      expect((await stored(client, bucket, 'key', 'x', headers)).metadata).toEqual(metadata);
      expect((await list(client, bucket)).data[0]?.metadata).toEqual(metadata);
      for (const response of [await get(client, bucket, 'key'), await head(client, bucket, 'key')])
        for (const [name, value] of Object.entries(metadata))
          expect(response.headers.get(`x-meta-${name}`)).toBe(value);
    });

    test('is an empty object by default', async () => {
      const { client, bucket } = await bucketOf();
      expect((await stored(client, bucket, 'key')).metadata).toEqual({});
      expect((await list(client, bucket)).data[0]?.metadata).toEqual({});
    });

    test('can have names of object properties', async () => {
      const { client, bucket } = await bucketOf();
      const headers = { 'x-meta-__proto__': 'a', 'x-meta-constructor': 'b', 'x-meta-tostring': 'c' };
      const { metadata } = await stored(client, bucket, 'key', 'x', headers);
      expect(Object.entries(metadata).sort()).toEqual([
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['tostring', 'c'],
      ]);
      expect((await get(client, bucket, 'key')).headers.get('x-meta-__proto__')).toBe('a');
    });

    test('can have names of 64 characters, and 2048 bytes in total', async () => {
      const { client, bucket } = await bucketOf();
      const name = 'n'.repeat(64);
      const most = { [`x-meta-${name}`]: 'v'.repeat(1000), 'x-meta-two': 'v'.repeat(2048 - 64 - 1000 - 3) };
      await stored(client, bucket, 'key', 'x', most);
      const more = { ...most, 'x-meta-3': '' };
      expect(await expectError(await put(client, bucket, 'key', 'x', more), 'invalid_request')).toMatch(
        /meta/i,
      );
    });

    test.each(['x-meta-', `x-meta-${'n'.repeat(65)}`, 'x-meta-a.b', 'x-meta-a!', "x-meta-a'b"])(
      'has no name as in %j',
      async (header) => {
        const { client, bucket } = await bucketOf();
        const response = await put(client, bucket, 'key', 'x', { [header]: 'value' });
        expect(await expectError(response, 'invalid_request')).toMatch(/meta/i);
        await expectError(await get(client, bucket, 'key'), 'object_not_found');
      },
    );

    test.each(['caf\xe9', '\xc3\xa9', 'a\tb'])('refuses the value %j', async (value) => {
      const { client, bucket } = await bucketOf();
      const lines = [
        `PUT ${objectPath(bucket, 'key')} HTTP/1.1`,
        ...['Host: localhost', 'Connection: close', 'Content-Length: 1'],
        ...[`Authorization: Bearer ${client.key}`, `x-meta-name: ${value}`],
      ];
      const { status } = await rawRequest(client.url, Buffer.from(requestText(lines, 'x'), 'latin1'));
      expect(status).toBe(400);
      await expectError(await get(client, bucket, 'key'), 'object_not_found');
    });
  });
}

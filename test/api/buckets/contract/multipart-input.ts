import { beforeAll, describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import { answered, type Client, call, head, list, newBucket, sharedClient } from '../client.ts';
import { type Code, expectError } from '../errors.ts';
import { complete, completed, sent, start, started, type Upload, uploadPath } from '../upload-client.ts';

const absent = Symbol('absent');
type Wrong = [field: string, value: unknown, code?: Code];
const each = (field: string, values: unknown[], code?: Code): Wrong[] =>
  values.map((value) => [field, value, code]);

const wrongStarts: Wrong[] = [
  ...each('key', [absent, null, 1, {}, [], true]),
  ...each('key', ['', '..', '.', 'a/../b', './a', 'a/..', 'a\0b', 'a\nb', 'a\x7f', '\ud800'], 'invalid_key'),
  ...each('key', ['x'.repeat(1025), 'ü'.repeat(513)], 'invalid_key'),
  ...each('contentType', [null, 1, {}, '', 'image', 'image/', 'a/b\r\nX: 1', `a/${'x'.repeat(300)}`]),
  ...each('metadata', [null, 'x', 1, [], { a: 1 }, { a: null }, { a: { b: 'c' } }, { a: ['b'] }]),
  ...each('metadata', [{ 'a b': 'c' }, { '': 'c' }, { ü: 'c' }, { [`n${'x'.repeat(64)}`]: 'c' }]),
  ...each('metadata', [{ a: 'ü' }, { a: 'b\n' }, { a: 'b\0' }, { a: 'x'.repeat(2048) }]),
  ...each('ttl', [null, 0, -1, 1.5, true, '', '0s', '-1h', 'x', '1 h', '1y', 366 * 86_400, '366d', {}, []]),
];
const part = { partNumber: 1, etag: 'x' };
const wrongCompletions: Wrong[] = [
  ...each('parts', [absent, null, 'x', 1, {}, [], [null], ['x'], [[]], [{}], [{ partNumber: 1 }]]),
  ...each('parts', [[{ etag: 'x' }], [{ ...part, etag: 1 }], [{ ...part, etag: null }]]),
  ...[0, -1, 10_001, 1.5, '1', null].map((partNumber): Wrong => ['parts', [{ ...part, partNumber }]]),
  ['parts', [{ ...part, unknown: 1 }]],
  ['parts', Array.from({ length: 10_001 }, (_, index) => ({ partNumber: index + 1, etag: 'x' }))],
];
const bodies = ['', '{', '[]', 'null', '1', '"text"', '{"key":"a",}', 'key=x', '{"key":"\\ud800"'];

/** Invalid bodies of uploads in parts: the error names the field, and nothing changes. */
export function multipartInput(server: FileServerOf): void {
  let client: Client;
  let bucket: string;
  let upload: Upload;
  beforeAll(async () => {
    client = await sharedClient(await server());
    bucket = (await newBucket(client)).name;
    upload = await started(client, bucket, 'waiting');
    await sent(client, upload, 1, 'waiting');
  });

  describe('the start of an upload in parts', () => {
    test.each(wrongStarts.map(([field, value, code]) => [field, shown(value), value, code] as const))(
      'with a %s of %s is refused by name',
      async (field, _shown, value, code = 'invalid_request') => {
        const fields = { key: 'x', [field]: value === absent ? undefined : value };
        const message = await expectError(await start(client, bucket, fields), code);
        expect(message).toContain(field === 'key' && code === 'invalid_key' ? '' : field);
        expect(message.length).toBeLessThan(300);
      },
    );

    test('with an unknown field is refused with its name', async () => {
      const response = await start(client, bucket, { key: 'x', contenttype: 'text/plain' });
      expect(await expectError(response, 'invalid_request')).toContain('contenttype');
    });

    test.each(bodies)('with a body of %j is refused', async (json) => {
      await expectError(
        await call(client, 'POST', `/v1/buckets/${bucket}/uploads`, { json }),
        'invalid_request',
      );
    });

    test.each([
      ['the longest key', { key: 'ü'.repeat(512) }],
      ['a key of slashes', { key: '//a//' }],
      ['no metadata', { key: 'x', metadata: {} }],
      ['metadata without a value', { key: 'x', metadata: { a: '' } }],
      ['as much metadata as there may be', { key: 'x', metadata: { a: 'x'.repeat(2047) } }],
      ['a type with parameters', { key: 'x', contentType: 'text/plain; charset=utf-8' }],
      ['the longest life', { key: 'x', ttl: '365d' }],
      ['the shortest life', { key: 'x', ttl: 1 }],
    ])('with %s is accepted', async (_what, fields) => {
      expect(await answered<Upload>(start(client, bucket, fields), 201)).toMatchObject({ key: fields.key });
    });
  });

  describe('the completion of an upload in parts', () => {
    test.each(wrongCompletions.map(([, value]) => [shown(value), value] as const))(
      'with parts of %s is refused by name',
      async (_shown, value) => {
        const response = await complete(client, upload, value === absent ? undefined : value);
        expect(await expectError(response, 'invalid_request')).toContain('part');
      },
    );

    test('with an unknown field is refused with its name', async () => {
      const json = { parts: [part], ttl: '1h' };
      const response = await call(client, 'POST', `${uploadPath(upload)}/complete`, { json });
      expect(await expectError(response, 'invalid_request')).toContain('ttl');
    });

    test.each(bodies)('with a body of %j is refused', async (json) => {
      await expectError(
        await call(client, 'POST', `${uploadPath(upload)}/complete`, { json }),
        'invalid_request',
      );
    });

    test('still works afterwards', async () => {
      expect((await head(client, bucket, 'waiting')).status).toBe(404);
      expect((await list(client, bucket)).data).toEqual([]);
      const object = await completed(client, upload, [await sent(client, upload, 1, 'waiting')]);
      expect(object.size).toBe(7);
      expect((await list(client, bucket)).data).toEqual([object]);
    });
  });

  test.each([
    ['GET', '', 'DELETE, OPTIONS'],
    ['PUT', '', 'DELETE, OPTIONS'],
    ['GET', '/complete', 'OPTIONS, POST'],
    ['POST', '/parts/1', 'OPTIONS, PUT'],
  ])('%s of an upload%s is 405 with the allowed methods', async (method, rest, allowed) => {
    const response = await call(client, method, `${uploadPath(upload)}${rest}`);
    expect((response.headers.get('allow') ?? '').split(', ').sort().join(', ')).toBe(allowed);
    await expectError(response, 'method_not_allowed');
  });

  test.each(['/x', '/parts', '/parts/1/2', '/complete/x'])(
    '%s under an upload leads nowhere',
    async (rest) => {
      await expectError(await call(client, 'GET', `${uploadPath(upload)}${rest}`), 'not_found');
    },
  );
}

function shown(value: unknown): string {
  return value === absent ? 'nothing' : (JSON.stringify(value) ?? '').slice(0, 50);
}

import { describe, expect, test } from 'bun:test';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import {
  type Base,
  type Code,
  call,
  example,
  expectError,
  list,
  newClient,
  presign,
  uploaded,
} from '../client.ts';

const absent = Symbol('absent');
const mebibyte = 1024 ** 2;
const inThePast = '2020-01-01T00:00:00Z';
/** After the thirty days of a guest. */
const afterTheGuest = '2999-01-01T00:00:00Z';

function pairs(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']));
}

const wrongAttributes: [string, unknown][] = [
  ...[null, '', 'secret', 'PUBLIC', 1, true, ['public'], {}].map((value): [string, unknown] => [
    'visibility',
    value,
  ]),
  ...[1, true, [], {}, 'p'.repeat(256), 'a\nb', 'a\0b'].map((value): [string, unknown] => ['prefix', value]),
  ...[
    'x',
    1,
    [],
    ['a'],
    { a: 1 },
    { a: null },
    { a: {} },
    pairs(11),
    { a: 'x'.repeat(5000) },
    { 'a\nb': 1 },
  ].map((value): [string, unknown] => ['metadata', value]),
  ...['x', 1, {}, [1], [null], [''], ['t'.repeat(51)], ['a\0b'], Array(11).fill('t')].map(
    (value): [string, unknown] => ['tags', value],
  ),
  ...[
    1,
    true,
    {},
    '',
    'tomorrow',
    '2030-02-30T00:00:00Z',
    '2030-01-31T12:00:00',
    inThePast,
    afterTheGuest,
  ].map((value): [string, unknown] => ['expires_at', value]),
];

const wrongFields: [string, unknown][] = [
  ...[
    absent,
    null,
    1,
    true,
    {},
    ['x'],
    '',
    '.',
    '..',
    '../etc/passwd',
    '..\\x',
    'a/b',
    '/etc/passwd',
    'a\\b',
  ].map((value): [string, unknown] => ['filename', value]),
  ...['a\0b', 'a\nb', 'a\r\nSet-Cookie: x', '\u007f', '\ud800', 'x'.repeat(256), '😀'.repeat(256)].map(
    (value): [string, unknown] => ['filename', value],
  ),
  ['filename', 'x'.repeat(50_000)],
  ...[absent, null, 1, {}, ['text/plain'], '', 'text', 'text/', '/plain', 'text/plain\r\nX-Injected: 1'].map(
    (value): [string, unknown] => ['content_type', value],
  ),
  ...['text/plain; a="\u20ac"', `text/${'x'.repeat(300)}`, 'image/*, text/html'].map(
    (value): [string, unknown] => ['content_type', value],
  ),
  ...[absent, null, '20', '', true, {}, [20], -1, 1.5, -1e300, 1e300, 2 ** 53].map(
    (value): [string, unknown] => ['size_bytes', value],
  ),
  ...wrongAttributes,
];

/** Invalid fields: the error names each, and nothing is reserved. */
export function badInput(server: FileServerOf, base: Base): void {
  describe('bad input', () => {
    test.each(wrongFields.map(([field, value]) => [field, shown(value), value] as const))(
      'a presign whose %s is %s is rejected by name',
      async (field, _what, value) => {
        const running = await server();
        const client = await newClient(running.url, base);
        const body = { ...example, [field]: value === absent ? undefined : value };
        const message = await expectError(
          await call(client, 'POST', '/upload/presign', body),
          'VALIDATION_ERROR',
        );
        expect(message).toStartWith(field);
        expect(message.length).toBeLessThan(300);
        expect(await usageOf(running, client.token)).toEqual(nothing);
        expect((await list(client)).files).toEqual([]);
      },
    );

    test.each([100 * mebibyte + 1, 2 ** 40, Number.MAX_SAFE_INTEGER])(
      'a file of %d bytes is too large for a guest',
      async (size_bytes) => {
        const running = await server();
        const client = await newClient(running.url, base);
        const response = await call(client, 'POST', '/upload/presign', { ...example, size_bytes });
        await expectError(response, 'FILE_TOO_LARGE');
        expect(await usageOf(running, client.token)).toEqual(nothing);
      },
    );

    test('a file of exactly the maximum size is accepted', async () => {
      const client = await newClient((await server()).url, base);
      expect((await presign(client, { size_bytes: 100 * mebibyte })).upload_id).toBeString();
    });

    test.each(['prefix', 'metadata', 'tags', 'expires_at'])(
      'a %s of null means none, as in a File',
      async (field) => {
        const client = await newClient((await server()).url, base);
        expect((await presign(client, { [field]: null })).upload_id).toBeString();
      },
    );

    // docs/contract/shared.md, "Values".
    test('U+0000 is rejected in the filters of a list, and accepted in metadata', async () => {
      const client = await newClient((await server()).url, base);
      for (const filter of ['prefix', 'tag']) {
        const response = await call(client, 'GET', `/files?${filter}=a%00b`);
        expect(await expectError(response, 'VALIDATION_ERROR')).toStartWith(filter);
      }
      const metadata = { 'a\0b': 'c\0d' };
      expect((await uploaded(client, { metadata })).metadata).toEqual(metadata);
    });

    test.each(['a\0b', 'a\ud800'])('a tag that not every database can hold is rejected: %j', async (tag) => {
      const client = await newClient((await server()).url, base);
      const response = await call(client, 'POST', '/upload/presign', { ...example, tags: [tag] });
      expect(await expectError(response, 'VALIDATION_ERROR')).toStartWith('tags');
    });

    const bodies = ['', ' ', '{', '[]', 'null', '1', '"text"', '{"filename":"x",}', "{'a':1}", 'filename=x'];
    test.each(
      ['/upload/presign', '/upload/confirm', '/upload/url'].flatMap((path) =>
        bodies.map((body) => [path, body]),
      ),
    )('POST %s with the body %j is a VALIDATION_ERROR', async (path, body) => {
      const client = await newClient((await server()).url, base);
      await expectError(await call(client, 'POST', path, body), 'VALIDATION_ERROR');
    });

    test.each(['/upload/presign', '/upload/confirm', '/upload/url'])(
      'POST %s with bytes that are not UTF-8, and with a body of 300 KiB, is a VALIDATION_ERROR',
      async (path) => {
        const client = await newClient((await server()).url, base);
        const headers = { Authorization: `Bearer ${client.token}` };
        const post = (body: BodyInit) => fetch(client.url + base + path, { method: 'POST', headers, body });
        await expectError(
          await post(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
          'VALIDATION_ERROR',
        );
        await expectError(await post(' '.repeat(300 * 1024)), 'VALIDATION_ERROR');
      },
    );

    test.each<[string, unknown, Code]>([
      ['missing', absent, 'VALIDATION_ERROR'],
      ['null', null, 'VALIDATION_ERROR'],
      ['a number', 1, 'VALIDATION_ERROR'],
      ['a list', ['upload_x'], 'VALIDATION_ERROR'],
      ['an object', {}, 'VALIDATION_ERROR'],
      ['empty', '', 'UPLOAD_NOT_FOUND'],
      ['nonsense', 'nonsense', 'UPLOAD_NOT_FOUND'],
      ['of the right form', 'upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX', 'UPLOAD_NOT_FOUND'],
      ['a path', '../../etc/passwd', 'UPLOAD_NOT_FOUND'],
      ['with a NUL', 'upload_\0', 'UPLOAD_NOT_FOUND'],
      ['half a character', 'upload_\ud800', 'UPLOAD_NOT_FOUND'],
      ['very long', `upload_${'x'.repeat(50_000)}`, 'UPLOAD_NOT_FOUND'],
    ])('an upload_id that is %s is rejected', async (_what, upload_id, code) => {
      const client = await newClient((await server()).url, base);
      const body = upload_id === absent ? {} : { upload_id };
      const message = await expectError(await call(client, 'POST', '/upload/confirm', body), code);
      if (code === 'VALIDATION_ERROR') expect(message).toStartWith('upload_id');
    });

    test.each(wrongAttributes.map(([field, value]) => [field, shown(value), value] as const))(
      'a fetch by URL whose %s is %s is rejected by name',
      async (field, _what, value) => {
        const running = await server();
        const client = await newClient(running.url, base);
        const body = { url: `${running.url}/healthz`, [field]: value };
        const message = await expectError(
          await call(client, 'POST', '/upload/url', body),
          'VALIDATION_ERROR',
        );
        expect(message).toStartWith(field);
        expect(await usageOf(running, client.token)).toEqual(nothing);
      },
    );

    const ids = [
      'a',
      'file_',
      'file_x',
      '%20',
      '%00',
      '%ff',
      '%E0%80%AF',
      'a%2Fb',
      "' OR 1=1 --",
      '%F0%9F%98%80',
    ];
    test.each([...ids, 'x'.repeat(4000)])(
      'an invalid file id, %s, responds like an unknown one',
      async (id) => {
        const client = await newClient((await server()).url, base);
        const unknown = '/files/file_01KAMC0VQ4V3N5W5Z7E0S8T2RX';
        for (const [method, rest] of [
          ['DELETE', ''],
          ['GET', '/download'],
          ['GET', '/stats'],
        ] as const) {
          const expected = await (await call(client, method, unknown + rest)).text();
          const response = await call(client, method, `/files/${id}${rest}`);
          expect(await response.clone().text()).toBe(expected);
          await expectError(response, 'FILE_NOT_FOUND');
        }
      },
    );
  });
}

function shown(value: unknown): string {
  return value === absent ? 'missing' : (JSON.stringify(value) ?? '').slice(0, 40);
}

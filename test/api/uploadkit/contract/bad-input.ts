import { beforeAll, describe, expect, test } from 'bun:test';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import {
  type Client,
  type Code,
  call,
  complete,
  example,
  expectError,
  list,
  newClient,
  put,
  request,
} from '../client.ts';

const absent = Symbol('absent');
const unknownFile = 'file_01KAMC0VQ4V3N5W5Z7E0S8T2RX';
const unknownUpload = 'upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX';
type Wrong = [field: string, value: unknown];
const each = (field: string, values: unknown[]): Wrong[] => values.map((value) => [field, value]);

/** Nested objects. */
const deep = JSON.parse(`${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`);
const tooMuch = [{ a: 'x'.repeat(5000) }, deep];
const wrongMetadata = each('metadata', [null, 'x', 1, true, [], [{}]]);
const wrongRequests: Wrong[] = [
  ...each('fileName', [
    absent,
    null,
    1,
    {},
    [],
    '',
    '.',
    '..',
    '../x',
    '..\\x',
    'a/b',
    'a\0b',
    'a\nb',
    '\ud800',
  ]),
  ...each('fileName', ['x'.repeat(256), '😀'.repeat(256), 'x'.repeat(50_000)]),
  ...each('fileSize', [absent, null, '204800', 0, -1, 1.5, true, [1], {}, -1e300]),
  ...each('contentType', [
    absent,
    null,
    1,
    {},
    '',
    'image',
    'image/',
    '/jpeg',
    'image/jpeg\r\nX-Injected: 1',
  ]),
  ...each('contentType', [`image/${'x'.repeat(300)}`, 'image/jpeg; a="€"']),
  ...each('routeSlug', [absent, null, 1, {}, [], '', 'x'.repeat(101), 'x'.repeat(50_000)]),
  ...wrongMetadata,
  ...each('metadata', tooMuch),
];
const etag = '"d41d8cd98f00b204e9800998ecf8427e"';
const completion = { fileId: unknownFile, uploadId: unknownUpload, parts: [{ partNumber: 1, etag }] };
const wrongCompletions: Wrong[] = [...each('fileId', [absent, null, 1, {}, []]), ...wrongMetadata];
const wrongPartCompletions: Wrong[] = [
  ...wrongCompletions,
  ...each('uploadId', [absent, null, 1, {}, []]),
  ...each('parts', [absent, null, 'x', 1, {}, [], [null], ['x'], [{}], [{ partNumber: 1 }], [{ etag }]]),
  ...each('parts', [
    [{ partNumber: '1', etag }],
    [{ partNumber: 0, etag }],
    [{ partNumber: -1, etag }],
    [{ partNumber: 1.5, etag }],
    [{ partNumber: 10_001, etag }],
    [{ partNumber: 1, etag: 1 }],
    [{ partNumber: 1, etag: null }],
    [{ partNumber: 1, etag: '' }],
    [{ partNumber: 1, etag: 'x'.repeat(1000) }],
  ]),
];
const keys = (count: number) => Array.from({ length: count }, (_, index) => `uploads/${index}`);

type Call = [method: string, path: string, good: Record<string, unknown>, wrong: Wrong[]];
const calls: Call[] = [
  ['POST', '/upload/request', example, wrongRequests],
  ['POST', '/upload/multipart/init', example, wrongRequests],
  ['POST', '/upload/complete', { fileId: unknownFile }, wrongCompletions],
  ['POST', '/upload/multipart/complete', completion, wrongPartCompletions],
  [
    'POST',
    '/upload/multipart/abort',
    { fileId: unknownFile, uploadId: unknownUpload },
    [...each('fileId', [absent, null, 1, {}]), ...each('uploadId', [absent, null, 1, {}])],
  ],
  [
    'DELETE',
    '/files',
    { keys: ['x'] },
    each('keys', [absent, null, 'x', 1, {}, [], [1], [null], [['x']], keys(101)]),
  ],
];

/** Invalid fields: the error names each, and nothing is reserved. */
export function badInput(server: FileServerOf): void {
  let client: Client;
  beforeAll(async () => {
    client = await newClient(await server());
  });
  const expectNothingHeld = async () => {
    expect(await usageOf(await server(), client.key)).toEqual(nothing);
    expect((await list(client)).files).toEqual([]);
  };

  describe('bad input', () => {
    test.each(
      calls.flatMap(([method, path, good, wrong]) =>
        wrong.map(([field, value]) => [method, path, field, shown(value), value, good] as const),
      ),
    )('%s %s: a %s of %s is rejected by name', async (method, path, field, _what, value, good) => {
      const body = { ...good, [field]: value === absent ? undefined : value };
      const message = await expectError(await call(client, method, path, body), 'VALIDATION_ERROR');
      expect(message).toStartWith(field);
      expect(message.length).toBeLessThan(300);
      await expectNothingHeld();
    });

    // docs/contract/shared.md, "Values".
    test('metadata may contain U+0000', async () => {
      const metadata = { 'a\0b': ['c\0d'] };
      const upload = await request(client, { fileSize: 5, metadata });
      expect((await put(upload.uploadUrl, 'photo')).status).toBe(200);
      const { key } = await complete(client, upload.fileId, metadata);
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(key)}`));
      await expectNothingHeld();
    });

    test('too large metadata is rejected at completion too, and the upload continues', async () => {
      const upload = await request(client, { fileSize: 5, metadata: { a: 'x'.repeat(2500) } });
      expect((await put(upload.uploadUrl, 'photo')).status).toBe(200);
      // The last one is too large only together with the earlier metadata.
      for (const metadata of [...tooMuch, { b: 'x'.repeat(2500) }]) {
        const body = { fileId: upload.fileId, metadata };
        const message = await expectError(
          await call(client, 'POST', '/upload/complete', body),
          'VALIDATION_ERROR',
        );
        expect(message).toStartWith('metadata');
      }
      const { key } = await complete(client, upload.fileId, { b: 1 });
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(key)}`));
      await expectNothingHeld();
    });

    test.each(calls.map(([method, path]) => [method, path] as const))(
      '%s %s: a body that is not a JSON object is a VALIDATION_ERROR',
      async (method, path) => {
        for (const body of [
          '',
          '{',
          '[]',
          'null',
          '1',
          '"text"',
          '{"a":1,}',
          'fileName=x',
          ' '.repeat(300 * 1024),
        ])
          await expectError(await call(client, method, path, body), 'VALIDATION_ERROR');
        await expectNothingHeld();
      },
    );

    test.each<[string, string]>([
      ['empty', ''],
      ['nonsense', 'nonsense'],
      ['of the right form', unknownFile],
      ['in lower case', unknownFile.toLowerCase()],
      ['an upload of the other API', unknownUpload],
      ['with a NUL', 'file_\0'],
      ['half a character', 'file_\ud800'],
      ['very long', `file_${'x'.repeat(50_000)}`],
    ])('a fileId that is %s is FILE_NOT_FOUND', async (_what, fileId) => {
      await expectError(await call(client, 'POST', '/upload/complete', { fileId }), 'FILE_NOT_FOUND');
      const inParts = { ...completion, fileId };
      await expectError(await call(client, 'POST', '/upload/multipart/complete', inParts), 'FILE_NOT_FOUND');
      const { uploadId } = completion;
      await expectError(
        await call(client, 'POST', '/upload/multipart/abort', { fileId, uploadId }),
        'FILE_NOT_FOUND',
      );
    });

    test.each([
      'a',
      'uploads',
      'uploads%2F',
      'uploads%2Fx%2Fy',
      '%00',
      '%ff',
      '%E0%80%AF',
      '😀',
      'x'.repeat(4000),
    ])('an invalid key, %s, is FILE_NOT_FOUND', async (key) => {
      await expectError(await call(client, 'DELETE', `/files/${key}`), 'FILE_NOT_FOUND');
    });

    test.each(['0', '-1', '101', '1.5', 'abc', '%00', '99999999999999999999'])(
      'a limit of %j is rejected by name',
      async (limit) => {
        const response = await call(client, 'GET', `/files?limit=${limit}`);
        expect(await expectError(response, 'VALIDATION_ERROR')).toStartWith('limit');
      },
    );

    test.each<[string, string, Code, string]>([
      ['GET', '/upload/request', 'METHOD_NOT_ALLOWED', 'OPTIONS, POST'],
      ['DELETE', '/upload/complete', 'METHOD_NOT_ALLOWED', 'OPTIONS, POST'],
      ['GET', '/upload/multipart/init', 'METHOD_NOT_ALLOWED', 'OPTIONS, POST'],
      ['PUT', '/files', 'METHOD_NOT_ALLOWED', 'DELETE, GET, HEAD, OPTIONS'],
      ['GET', '/files/x', 'METHOD_NOT_ALLOWED', 'DELETE, OPTIONS'],
    ])('%s %s is %s, with Allow', async (method, path, code, allowed) => {
      const response = await call(client, method, path);
      expect((response.headers.get('allow') ?? '').split(', ').sort().join(', ')).toBe(allowed);
      await expectError(response, code);
    });

    test.each([
      '/upload',
      '/upload/nowhere',
      '/upload/multipart',
      '/upload/multipart/x',
      '/files/a/b',
      '/auth/x',
    ])('%s is unknown, with an error in the shape of docs/contract/uploadkit.md, "Errors"', async (path) => {
      await expectError(await call(client, 'GET', path), 'NOT_FOUND');
    });
  });
}

function shown(value: unknown): string {
  return value === absent ? 'nothing' : (JSON.stringify(value) ?? '').slice(0, 40);
}

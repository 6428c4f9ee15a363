import { expect, test } from 'bun:test';
import { errorOf, type MayflyError } from '../../src/client/connection/errors.ts';

const read = (body: string, status: number, headers: Record<string, string> = {}): Promise<MayflyError> =>
  errorOf(new Response(body, { status, headers }));

// One of each format (docs/contract/shared.md, "Errors", and S3's API reference, "Error responses").
test.each([
  ['payloads', '{"error":"Not found"}', { code: 'http_404', message: 'Not found' }],
  [
    'PutPut',
    '{"error":{"code":"FILE_NOT_FOUND","message":"No such file","hint":"List them."}}',
    { code: 'FILE_NOT_FOUND', message: 'No such file' },
  ],
  [
    'UploadKit',
    '{"error":"File not found","code":"FILE_NOT_FOUND"}',
    { code: 'FILE_NOT_FOUND', message: 'File not found' },
  ],
  [
    'buckets',
    '{"error":{"code":"object_not_found","message":"No object","requestId":"r","docsUrl":"http://h/docs"}}',
    { code: 'object_not_found', message: 'No object' },
  ],
  [
    'S3',
    '<?xml version="1.0"?>\n<Error><Code>NoSuchUpload</Code><Message>It is gone</Message></Error>',
    { code: 'NoSuchUpload', message: 'It is gone' },
  ],
])('reads the errors of %s', async (_, body, expected) => {
  const error = await read(body, 404, { 'x-request-id': 'request-1' });
  expect(error).toMatchObject({ ...expected, name: 'MayflyError', status: 404, requestId: 'request-1' });
  expect(error).toBeInstanceOf(Error);
});

test.each([
  '',
  'null',
  '[]',
  '"text"',
  '{}',
  '{"error":null}',
  '{"error":{}}',
  '{"error":{"code":5}}',
  '<html>Bad gateway</html>',
  '<Code>',
])('accepts an error response in another format: %s', async (body) => {
  const error = await read(body, 502);
  expect(error).toMatchObject({
    status: 502,
    code: 'http_502',
    message: 'The server answered with status 502',
  });
  expect(error.requestId).toBeUndefined();
});

test('has its own messages for responses without a body', async () => {
  expect((await read('', 404)).message).toContain('nothing here');
  expect((await read('', 401)).message).toContain('key');
});

test('reads Retry-After in both forms', async () => {
  expect((await read('', 429, { 'retry-after': '17' })).retryAfter).toBe(17);
  const date = new Date(Date.now() + 30_000).toUTCString();
  const seconds = (await read('', 503, { 'retry-after': date })).retryAfter;
  expect(seconds).toBeGreaterThan(27);
  expect(seconds).toBeLessThanOrEqual(30);
  expect((await read('', 503, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' })).retryAfter).toBe(0);
  for (const other of ['soon', '-1', '1.5'])
    expect((await read('', 503, { 'retry-after': other })).retryAfter ?? 0).toBe(0);
  expect((await read('', 503)).retryAfter).toBeUndefined();
});

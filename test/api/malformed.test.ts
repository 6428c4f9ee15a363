import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { api, create, post, unknownId } from './payloads/server.ts';
import { rawRequest, requestText } from './raw-request.ts';

setDefaultTimeout(60_000);

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly();
});
afterAll(() => server.stop());

const runs = { numRuns: 300 };
const fewRuns = { numRuns: 100 };

const bucketError = {
  code: expect.stringMatching(/^[a-z_]+$/),
  message: expect.stringMatching(/./),
  requestId: expect.stringMatching(/./),
  docsUrl: expect.stringContaining('/docs/errors/'),
};

/** Expects a 4xx in the documented shape, and a server that still works. */
async function expectRefusal(status: number, body: string): Promise<void> {
  expect({ status: Math.floor(status / 100), body }).toEqual({ status: 4, body });
  const parsed = JSON.parse(body) as { error: unknown };
  // Some odd paths belong to the bucket API, whose errors are objects.
  expect(parsed).toEqual({
    error: typeof parsed.error === 'object' ? bucketError : expect.stringMatching(/./),
  });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
}

/** Expects anything except a fault of the server. */
async function expectNoFault(status: number, body: string): Promise<void> {
  if (status >= 400) await expectRefusal(status, body);
}

describe('a malformed request gets a 4xx of the documented shape, and never a 500', () => {
  const valid = { content: 'x', mime_type: 'text/plain' };

  test('wrong types, missing, null and extra fields', async () => {
    const wrong: Record<string, fc.Arbitrary<unknown>> = {
      content: fc.jsonValue().filter((value) => typeof value !== 'string'),
      mime_type: fc.oneof(
        fc.jsonValue().filter((value) => typeof value !== 'string'),
        fc.constantFrom('', 'x', '/'),
      ),
      expiry_time: fc.oneof(
        fc.jsonValue().filter((value) => typeof value !== 'string' || !/^\d{4}-/.test(value)),
        fc.date({ max: new Date('2024-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
      ),
      ttl: fc.oneof(
        fc
          .jsonValue()
          .filter((value) => typeof value !== 'string' && !(Number.isInteger(value) && Number(value) > 0)),
        fc.integer({ max: 0 }),
        fc.double({ min: 1e10 }),
        fc.string().filter((text) => !/^\d+[smhd]?$/.test(text)),
      ),
      encoding: fc.jsonValue().filter((value) => value !== 'utf8' && value !== 'base64'),
      max_reads: fc.oneof(
        fc.jsonValue().filter((value) => !Number.isInteger(value)),
        fc.integer({ max: 0 }),
        fc.double({ min: 2 ** 54 }),
      ),
      delete_token: fc.jsonValue().filter((value) => typeof value !== 'boolean'),
    };
    const anyWrong = fc
      .constantFrom(...Object.keys(wrong))
      .chain((name) => (wrong[name] ?? fc.constant(null)).map((value) => ({ ...valid, [name]: value })));
    const extra = fc
      .tuple(fc.string(), fc.jsonValue())
      .filter(([name]) => !Object.hasOwn({ ...valid, ...wrong }, name))
      // Computed names: with `__proto__` a literal would set the prototype.
      .map(([name, value]) => Object.fromEntries([...Object.entries(valid), [name, value]]));
    const missing = fc.constantFrom({}, { content: 'x' }, { mime_type: 'text/plain' });
    await fc.assert(
      fc.asyncProperty(fc.oneof({ arbitrary: anyWrong, weight: 8 }, extra, missing), async (body) => {
        const response = await post(server, JSON.stringify(body));
        await expectRefusal(response.status, await response.text());
      }),
      runs,
    );
  });

  test('broken JSON, broken UTF-8 and arbitrary bytes', async () => {
    const good = Buffer.from(JSON.stringify({ ...valid, content: 'añ😀' }));
    const cut = fc.nat(good.length - 1).map((length) => good.subarray(0, length));
    const flipped = fc
      .tuple(fc.nat(good.length - 1), fc.integer({ min: 0x80, max: 0xff }))
      .map(([at, byte]) => {
        const copy = Buffer.from(good);
        copy[at] = byte;
        return copy;
      });
    const anyBody = fc.oneof(
      cut,
      flipped,
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const response = await fetch(server.url + api, { method: 'POST', body: new Uint8Array(body) });
        await expectNoFault(response.status, await response.text());
        // A flipped byte in a string may be another valid character. Everything else is rejected.
        const isUtf8 = Buffer.from(Buffer.from(body).toString()).equals(body);
        if (!isUtf8) expect(response.status).toBe(400);
      }),
      runs,
    );
  });

  test('odd paths and queries: NUL, dots, over-long UTF-8, arbitrary percent-encoding', async () => {
    const odd = fc.constantFrom(
      '%00',
      '%2e%2e',
      '..',
      '%2f',
      '%5c',
      '%c0%af',
      '%E0%80%AF',
      '%ff',
      '%',
      '%zz',
      '//',
      ';',
    );
    const piece = fc.oneof(
      odd,
      fc.constantFrom('api', 'v1', 'payloads', 'raw', 'p', unknownId),
      fc.webPath(),
    );
    const anyPath = fc
      .array(piece, { maxLength: 6 })
      .map((pieces) => `/${pieces.join('/')}`.replaceAll('#', ''));
    const anyQuery = fc.constantFrom(
      '',
      '?',
      '?ttl=%00',
      '?max_reads=%ff',
      '?ttl=1&ttl=2',
      `?${'a='.repeat(500)}`,
    );
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS');
    await fc.assert(
      fc.asyncProperty(method, anyPath, anyQuery, async (verb, path, query) => {
        const lines = [
          `${verb} ${path}${query} HTTP/1.1`,
          'Host: localhost',
          'Content-Length: 1',
          'Connection: close',
        ];
        const { status, headers, body } = await rawRequest(server.url, requestText(lines, 'x'));
        expect(status).toBeLessThan(500);
        if (verb !== 'HEAD' && headers['x-request-id'] !== undefined) await expectNoFault(status, body);
      }),
      runs,
    );
  });

  test('odd headers', async () => {
    const name = fc.constantFrom(
      ...['range', 'if-none-match', 'if-match', 'if-modified-since', 'if-range', 'accept', 'content-type'],
      ...[
        'x-ttl',
        'x-max-reads',
        'x-delete-token',
        'idempotency-key',
        'x-request-id',
        'origin',
        'repr-digest',
      ],
      ...['access-control-request-headers', 'x-forwarded-for', 'authorization', 'accept-encoding', 'te'],
    );
    const value = fc.oneof(
      fc.string({
        unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
        maxLength: 300,
      }),
      fc.constantFrom(
        'bytes=',
        'bytes=-',
        'bytes=--1',
        'bytes=0-0,'.repeat(500),
        `bytes=${'9'.repeat(400)}-`,
      ),
      fc.constantFrom(
        'bytes=1e9-',
        'bytes=-99999999999999999999',
        'W/"',
        '"',
        ',,,,',
        `${'"a",'.repeat(800)}`,
      ),
      fc.constantFrom(
        'multipart/form-data',
        'multipart/form-data; boundary=',
        'multipart/form-data; boundary="',
      ),
      fc.constantFrom(
        '-1',
        '1e300',
        'Infinity',
        'NaN',
        '99999999999999999999d',
        'Sun, 99 Foo 9999 99:99:99 GMT',
      ),
    );
    const { hash_id } = await create(server, { content: 'odd headers' });
    const target = fc.constantFrom(
      ['GET', `${api}/${hash_id}`],
      ['GET', `/raw/${hash_id}`],
      ['GET', `/p/${hash_id}`],
      ['HEAD', `/raw/${hash_id}`],
      ['PUT', '/odd.txt'],
      ['POST', '/'],
      ['POST', api],
      ['OPTIONS', '/'],
      ['DELETE', `${api}/${unknownId}`],
    );
    await fc.assert(
      fc.asyncProperty(
        target,
        fc.array(fc.tuple(name, value), { maxLength: 4 }),
        async ([verb, path], pairs) => {
          const lines = pairs.map(([key, text]) => `${key}: ${text}`);
          const head = [
            `${verb} ${path} HTTP/1.1`,
            'Host: localhost',
            'Connection: close',
            'Content-Length: 1',
            ...lines,
          ];
          const bytes = Buffer.from(requestText(head, 'x'), 'latin1');
          const { status, headers, body } = await rawRequest(server.url, bytes);
          expect(status).toBeLessThan(500);
          const isOurs =
            headers['x-request-id'] !== undefined && headers['content-type'] === 'application/json';
          if (verb !== 'HEAD' && isOurs) await expectNoFault(status, body);
        },
      ),
      runs,
    );
  });

  test('broken multipart', async () => {
    const whole = [
      '--edge',
      'Content-Disposition: form-data; name="file"; filename="a.txt"',
      'Content-Type: text/plain',
      '',
      'content',
      '--edge--',
      '',
    ].join('\r\n');
    const cut = fc.nat(whole.length - 6).map((length) => whole.slice(0, length));
    const damaged = fc
      .tuple(fc.nat(whole.length - 1), fc.string({ unit: 'binary-ascii', maxLength: 4 }))
      .map(([at, text]) => whole.slice(0, at) + text + whole.slice(at + 1));
    const noise = fc.string({ unit: 'binary', maxLength: 300 }).map((text) => `--edge\r\n${text}`);
    const contentType = fc.constantFrom(
      ...[
        'multipart/form-data; boundary=edge',
        'multipart/form-data; boundary="edge"',
        'multipart/form-data',
      ],
      ...[
        'multipart/form-data; boundary=other',
        'multipart/form-data; boundary=',
        'Multipart/Form-Data;boundary=edge',
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(cut, damaged, noise), contentType, async (body, type) => {
        const headers = { 'Content-Type': type };
        const response = await fetch(`${server.url}/`, { method: 'POST', headers, body });
        await expectNoFault(response.status, await response.text());
      }),
      runs,
    );
    await fc.assert(
      fc.asyncProperty(cut, async (body) => {
        const headers = { 'Content-Type': 'multipart/form-data; boundary=edge' };
        const response = await fetch(`${server.url}/`, { method: 'POST', headers, body });
        await expectRefusal(response.status, await response.text());
      }),
      fewRuns,
    );
  });
});

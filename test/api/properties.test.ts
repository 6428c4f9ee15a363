import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { create, idOf, readJson } from './payloads/server.ts';

setDefaultTimeout(60_000);

let server: MayflyProcess;
beforeAll(async () => {
  // Small enough that content is both inline and in blobs.
  server = await startMayfly({ env: { INLINE_LIMIT: '256' } });
});
afterAll(() => server.stop());

const runs = { numRuns: 300 };
const fewRuns = { numRuns: 100 };

/** Unicode of every plane, with problematic characters more often than by chance. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({
    unit: fc.constantFrom('\0', '\ufeff', '😀', '\u2028', '"', '\\', '</script>', '\r\n', '\u0301', 'ß'),
  }),
  fc
    .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), fc.nat(30_000))
    .map(([part, times]) => part.repeat(times)),
);
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.nat(30_000))
    .map(([part, times]) => new Uint8Array(Buffer.alloc(part.length * times, Buffer.from(part)))),
);

/** `type/subtype` and parameters by the grammar of RFC 9110, section 8.3.1. */
const token = fc
  .string({
    unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"),
    minLength: 1,
    maxLength: 20,
  })
  .filter((text) => text.trim() === text);
const quoted = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 20,
  })
  .map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);
/** `*` is a range, not a type. */
const notARange = token.filter((text) => text !== '*');

const anyMediaType = fc
  .tuple(notARange, notARange, fc.array(fc.tuple(token, fc.oneof(token, quoted)), { maxLength: 3 }))
  .map(([type, subtype, parameters]) =>
    [`${type}/${subtype}`, ...parameters.map(([name, value]) => `${name}=${value}`)].join(';'),
  )
  // Parsers and headers remove whitespace at the end, so the value would differ.
  .filter((text) => text.length <= 255 && text.trim() === text);

const rawBytes = async (id: string) => Buffer.from(await (await fetch(`${server.url}/raw/${id}`)).bytes());

describe('content is returned unchanged', () => {
  test('any text of any MIME type, by JSON and by /raw', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyMediaType, async (content, mime_type) => {
        const { hash_id, expiry_time } = await create(server, { content, mime_type });
        expect(await readJson(server, hash_id)).toEqual({ content, mime_type, expiry_time });
        expect((await rawBytes(hash_id)).equals(Buffer.from(content))).toBe(true);
      }),
      runs,
    );
  });

  test('any bytes as base64, by JSON and by /raw', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, anyMediaType, async (bytes, mime_type) => {
        const content = Buffer.from(bytes).toString('base64');
        const { hash_id } = await create(server, { content, mime_type, encoding: 'base64' });
        const payload = await readJson(server, hash_id);
        expect(payload.mime_type).toBe(mime_type);
        const decoded = Buffer.from(payload.content, payload.encoding ?? 'utf8');
        expect(decoded.equals(bytes)).toBe(true);
        expect((await rawBytes(hash_id)).equals(bytes)).toBe(true);
      }),
      runs,
    );
  });

  test('any bytes under any file name and MIME type by PUT', async () => {
    const anyName = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      // docs/contract/shared.md, "File names": the server removes bidirectional controls.
      .filter((name) => {
        const kept = name.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
        return !/[\p{Cc}\ufffd/\\\u2028\u2029]/u.test(name) && !/^\.{0,2}$/.test(kept);
      });
    await fc.assert(
      fc.asyncProperty(anyBytes, anyMediaType, anyName, async (bytes, mime_type, name) => {
        const target = `${server.url}/${encodeURIComponent(name)}`;
        const headers = { 'Content-Type': mime_type };
        // A form would be parsed, and curl's default type is ignored.
        fc.pre(!/^(?:multipart\/form-data|application\/x-www-form-urlencoded)/i.test(mime_type));
        const response = await fetch(target, { method: 'PUT', headers, body: new Uint8Array(bytes) });
        const text = await response.text();
        expect({ status: response.status, text }).toEqual({ status: 201, text: expect.any(String) });
        const id = idOf(text.trim());
        expect((await rawBytes(id)).equals(bytes)).toBe(true);
        const payload = await readJson(server, id);
        expect(payload.mime_type).toBe(mime_type);
        expect(Buffer.from(payload.content, payload.encoding ?? 'utf8').equals(bytes)).toBe(true);
      }),
      runs,
    );
  });

  test('any range of any bytes is that slice', async () => {
    const anyRange = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 1000 }), fc.nat(1200), fc.nat(1200));
    await fc.assert(
      fc.asyncProperty(anyRange, async ([bytes, first, length]) => {
        const put = await fetch(`${server.url}/x.bin`, { method: 'PUT', body: new Uint8Array(bytes) });
        const id = idOf((await put.text()).trim());
        const headers = { Range: `bytes=${first}-${first + length}` };
        const response = await fetch(`${server.url}/raw/${id}`, { headers });
        const body = Buffer.from(await response.bytes());
        const expected = bytes.subarray(first, first + length + 1);
        const isWithin = first < bytes.length;
        expect(response.status).toBe(isWithin ? 206 : 416);
        if (isWithin) expect(body.equals(expected)).toBe(true);
        else expect(JSON.parse(String(body))).toEqual({ error: expect.any(String) });
      }),
      fewRuns,
    );
  });
});

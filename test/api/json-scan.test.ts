import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type JsonBounds, JsonScan } from '../../src/api/shared/bodies/json-scan.ts';
import { Failure } from '../../src/core/failure.ts';

const encoder = new TextEncoder();
const MB = 1_000_000;

type Structure = { depth: number; members: number };

/** The structure of a parsed value, which the scan must find in its text. */
function structureOf(value: unknown): Structure {
  if (typeof value !== 'object' || value === null) return { depth: 0, members: 0 };
  const inner = Object.values(value).map(structureOf);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    members: inner.length + inner.reduce((sum, { members }) => sum + members, 0),
  };
}

/** Whether the scan accepts a text in chunks of these sizes. */
function passes(text: string, bounds: JsonBounds, sizes: number[] = []): boolean {
  const scan = new JsonScan(bounds);
  const bytes = encoder.encode(text);
  try {
    let at = 0;
    for (const size of sizes) {
      scan.push(bytes.subarray(at, at + size));
      at = Math.min(at + size, bytes.length);
    }
    scan.push(bytes.subarray(at));
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === 'invalid') return false;
    throw error;
  }
}

/** Strings with everything that looks like structure or like the end of a string. */
const trickyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '\\', '{', '[', ']', '}', ',', ':', '\n', '\u0000', '€', '😀'),
      fc.string({ maxLength: 80 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    trickyText,
    fc.constantFrom(null, true, false, 0, -1.5e-7),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(trickyText, tie('value'), { maxKeys: 5 }),
  ),
}));
const space = fc.constantFrom(undefined, 1, '\t', ' \r\n');
const chunks = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 });

describe('the scan of JSON', () => {
  test('finds the depth and the members that JSON.parse finds, for any split into chunks', () => {
    fc.assert(
      fc.property(json, space, chunks, (value, indent, sizes) => {
        const text = JSON.stringify(value, null, indent);
        const { depth, members } = structureOf(JSON.parse(text));
        expect(passes(text, { depth, members }, sizes)).toBe(true);
        if (depth > 0) expect(passes(text, { depth: depth - 1, members }, sizes)).toBe(false);
        if (members > 0) expect(passes(text, { depth, members: members - 1 }, sizes)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('accepts a completion of ten thousand parts, and a batch of a thousand keys', () => {
    const parts = Array.from({ length: 10_000 }, (_, index) => ({ partNumber: index + 1, etag: '"e"' }));
    expect(passes(JSON.stringify({ parts }), { depth: 3, members: 30_010 })).toBe(true);
    const keys = Array.from({ length: 1000 }, () => '"\\{['.repeat(200));
    expect(passes(JSON.stringify({ keys }), { depth: 2, members: 1010 })).toBe(true);
  });

  test.each([
    ['[', '['.repeat(20 * MB)],
    ['objects', `[${'{},'.repeat(6 * MB)}`],
    ['numbers', `[${'0,'.repeat(10 * MB)}`],
  ])('rejects 20 MB of %s immediately', (_, text) => {
    const bytes = encoder.encode(text);
    const scan = new JsonScan({ depth: 2, members: 1010 });
    const started = process.cpuUsage();
    expect(() => scan.push(bytes)).toThrow(Failure);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(20);
  });

  test.each([
    ['plain text', 'x'.repeat(100)],
    ['escaped quotes', '\\"'],
    ['backslashes', '\\\\'],
    ['escapes now and then', `${'x'.repeat(33)}\\n`],
  ])('scans a string of 20 MB of %s at well over 100 MB in a second', (_, piece) => {
    const text = `{"content":"${piece.repeat(Math.floor((20 * MB) / piece.length))}"}`;
    const bytes = encoder.encode(text);
    const scan = new JsonScan({ depth: 1, members: 16 });
    const started = process.cpuUsage();
    for (let at = 0; at < bytes.length; at += 65_536) scan.push(bytes.subarray(at, at + 65_536));
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(200);
  });
});

describe('bytes outside of strings', () => {
  test.each([
    ['digits', '{"ttl":', '1'],
    ['junk without structure', '', 'a'],
    ['closing brackets', '', ']'],
    ['empty objects', '', '{}'],
    ['empty strings', '{"ttl":', '""'],
    ['colons between blanks', '{"ttl"', ' :'],
  ])('of %s, 20 MB of them, are rejected immediately', (_, head, byte) => {
    const scan = new JsonScan({ depth: 1, members: 16 });
    scan.push(Buffer.from(head));
    const bytes = Buffer.alloc(20_000_000, byte);
    const before = process.cpuUsage();
    expect(() => scan.push(bytes)).toThrow(Failure);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(100);
  });

  test('are accepted if they are as many as documents have', () => {
    const scan = new JsonScan({ depth: 1, members: 16 });
    expect(() => scan.push(Buffer.from(`{${' '.repeat(60_000)}"ttl":${'1'.repeat(60_000)}}`))).not.toThrow();
  });

  test('may be whitespace, which is scanned as fast as strings', () => {
    const scan = new JsonScan({ depth: 1, members: 16 });
    const bytes = Buffer.alloc(20_000_000, ' \n\t\r');
    const before = process.cpuUsage();
    for (let at = 0; at < bytes.length; at += 65_536) scan.push(bytes.subarray(at, at + 65_536));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(200);
  });
});

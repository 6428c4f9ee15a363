import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Utf8Check } from '../../src/core/coding/utf8.ts';

/** The verdict of the platform's own decoder over the whole. */
function decodes(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function verdictOver(chunks: Uint8Array[]): boolean {
  const check = new Utf8Check();
  for (const chunk of chunks) check.push(chunk);
  return check.isValid;
}

function split(bytes: Uint8Array, cuts: number[]): Uint8Array[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });
const text = fc.string({ unit: 'binary' }).map((value) => new TextEncoder().encode(value));
/** Mostly bytes that begin or continue a code point, where bugs are likely. */
const nearlyText = fc
  .array(
    fc.constantFrom(
      0x41,
      0x80,
      0xbf,
      0xc2,
      0xe0,
      0xa0,
      0xed,
      0x9f,
      0xef,
      0xf0,
      0x90,
      0xf4,
      0x8f,
      0xc0,
      0xf5,
      0xff,
    ),
  )
  .map((bytes) => Uint8Array.from(bytes));

describe('the check for UTF-8', () => {
  test('agrees with a decoder, however the bytes are split', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.uint8Array(), nearlyText), cuts, (bytes, at) => {
        expect(verdictOver(split(bytes, at))).toBe(decodes(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test('agrees with a decoder on the first bytes of a text, byte by byte', () => {
    // RFC 3629, section 7: A≢Α., 한국어, 日本語 and U+233B4.
    const bytes = Uint8Array.from(
      '41 e2 89 a2 ce 91 2e ed 95 9c ea b5 ad ec 96 b4 e6 97 a5 e6 9c ac e8 aa 9e f0 a3 8e b4'
        .split(' ')
        .map((hex) => Number.parseInt(hex, 16)),
    );
    const check = new Utf8Check();
    for (const [index, byte] of bytes.entries()) {
      check.push(Uint8Array.of(byte));
      expect(check.isValid).toBe(decodes(bytes.subarray(0, index + 1)));
      expect(check.isValidSoFar).toBe(true);
    }
    expect(check.isValid).toBe(true);
  });

  test.each([
    ['c080', 'an overlong NUL'],
    ['eda080', 'a surrogate'],
    ['f4908080', 'beyond U+10FFFF'],
    ['80', 'a lone continuation'],
    ['e282', 'cut off'],
    ['fe', 'no UTF-8 at all'],
  ])('rejects %s: %s', (hex) => {
    const bytes = Uint8Array.fromHex(hex);
    expect(verdictOver([bytes])).toBe(false);
    expect(verdictOver([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(false);
  });

  test('keeps no reference to a buffer that its owner reuses', () => {
    const check = new Utf8Check();
    const reused = Buffer.from([0x41, 0xe2, 0x82]);
    check.push(reused);
    reused.fill(0);
    check.push(Uint8Array.of(0xac));
    expect(check.isValid).toBe(true);
  });
});

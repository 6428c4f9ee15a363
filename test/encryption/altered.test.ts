import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { seal } from '../../src/encryption/index.ts';
import { content, type Opened, open } from './opened.ts';

setDefaultTimeout(60_000);

// docs/encryption.md, "The file".
const header = 60;
const chunk = 65_536 + 16;
const text = content(3 * 65_536 + 1000);
/** The bytes of the metadata, which precede the content. */
const front = 4 + '{"name":null,"type":"text/plain"}'.length;

let sealed: Uint8Array<ArrayBuffer>;
let secret: string;
beforeAll(async () => {
  const made = await seal(text, { name: null, type: 'text/plain' });
  secret = made.secret;
  sealed = await new Response(made.stream).bytes();
});

/** Content of `count` complete chunks. */
const contentOf = (chunks: number) => text.subarray(0, Math.max(0, chunks * 65_536 - front));

/** Expects the error code, and only output from before the error. */
function expectRefused({ bytes, code }: Opened, expectedCode: string, chunksBefore: number): void {
  expect({ code, length: bytes.length }).toEqual({
    code: expectedCode,
    length: contentOf(chunksBefore).length,
  });
  expect(Buffer.compare(bytes, contentOf(chunksBefore))).toBe(0);
}

/** The error of an altered header byte: another format, or another key. */
const codeInHeader = (at: number) => (at < 12 ? 'not_sealed' : 'wrong_key');

async function expectFlipRefused(at: number, bit: number): Promise<void> {
  const altered = sealed.slice();
  altered[at] = (altered[at] ?? 0) ^ (1 << bit);
  const isInHeader = at < header;
  const code = isInHeader ? codeInHeader(at) : 'altered';
  const before = isInHeader ? 0 : Math.floor((at - header) / chunk);
  expectRefused(await open(altered, secret), code, before);
}

describe('a sealed file', () => {
  test('is opened without changes', async () => {
    const { bytes, code } = await open(sealed, secret);
    expect(code).toBeUndefined();
    expect(Buffer.compare(bytes, text)).toBe(0);
  });

  test('is refused with any bit of its header flipped', async () => {
    for (let at = 0; at < header; at += 1)
      for (let bit = 0; bit < 8; bit += 1) await expectFlipRefused(at, bit);
  });

  test('is refused with any other bit flipped, and no altered byte is returned', async () => {
    const place = fc.integer({ min: header, max: sealed.length - 1 });
    await fc.assert(fc.asyncProperty(place, fc.nat(7), expectFlipRefused), { numRuns: 150 });
    // The edges of chunks and of their tags.
    for (const at of [header, header + chunk - 17, header + chunk - 16, header + chunk, sealed.length - 1])
      await expectFlipRefused(at, 0);
  });

  test('is refused if it is truncated at any position', async () => {
    const expectCutRefused = async (length: number) => {
      const rest = length - header;
      // An incomplete chunk looks the same whether it was truncated or altered.
      const isWithin = rest > 0 && rest % chunk >= 16;
      const chunksBefore = Math.max(0, Math.floor(rest / chunk) - (rest % chunk === 0 ? 1 : 0));
      expectRefused(
        await open(sealed.slice(0, length), secret),
        isWithin ? 'altered' : 'truncated',
        chunksBefore,
      );
    };
    for (let length = 0; length <= header + 20; length += 1) await expectCutRefused(length);
    for (const chunks of [1, 2, 3])
      for (const more of [-1, 0, 1, 15, 16, 17]) await expectCutRefused(header + chunks * chunk + more);
    await fc.assert(fc.asyncProperty(fc.nat(sealed.length - 1), expectCutRefused), { numRuns: 100 });
  });

  test('is refused with extra bytes after its end', async () => {
    const longer = (more: Uint8Array) => open(Buffer.concat([sealed, more]), secret);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (more) =>
        expectRefused(await longer(more), 'altered', 3),
      ),
      { numRuns: 50 },
    );
  });

  test('is refused with chunks that are swapped, repeated or left out', async () => {
    const chunks = [0, 1, 2, 3].map((at) => sealed.slice(header + at * chunk, header + (at + 1) * chunk));
    const order = fc.array(fc.nat(3), { maxLength: 6 }).filter((order) => order.join() !== '0,1,2,3');
    await fc.assert(
      fc.asyncProperty(order, async (order) => {
        const parts = order.map((at) => chunks[at] ?? new Uint8Array(0));
        const file = Buffer.concat([sealed.slice(0, header), ...parts]);
        const inPlace = order.findIndex((from, at) => from !== at);
        const isPrefix = inPlace === -1;
        // After the shorter last chunk all blocks are shifted, so the first error is there.
        const wrong = isPrefix
          ? order.length - 1
          : Math.min(inPlace, order.includes(3) ? order.indexOf(3) : 4);
        expectRefused(await open(file, secret), isPrefix ? 'truncated' : 'altered', Math.max(0, wrong));
      }),
      { numRuns: 150 },
    );
  });

  test('does not accept chunks of another file, even with the same content', async () => {
    const other = await seal(text, { name: null, type: 'text/plain' });
    const foreign = await new Response(other.stream).bytes();
    const mixed = sealed.slice();
    mixed.set(foreign.subarray(header + chunk, header + 2 * chunk), header + chunk);
    expectRefused(await open(mixed, secret), 'altered', 1);
    expectRefused(await open(foreign, secret), 'wrong_key', 0);
  });

  test('is refused if it is not a sealed file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 7, maxLength: 300 }), async (bytes) =>
        expectRefused(await open(bytes, secret), 'not_sealed', 0),
      ),
      { numRuns: 100 },
    );
  });
});

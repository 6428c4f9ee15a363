import { beforeEach, describe, expect, test } from 'bun:test';
import { BodyDecoding } from '../../src/core/coding/body-decoding.ts';
import { decoderPlaces } from '../../src/core/limits/budget-sizes.ts';
import { BrokenCoding, type Decoder } from '../../src/core/ports/coding/decoders.ts';
import { ProcessBudget } from '../../src/stores/budgets/process-budget.ts';
import { failureOf } from './failure-of.ts';
import { SettableTime } from './settable-time.ts';

const mebibyte = 1024 * 1024;
/** A body that never makes the server wait. */
const received = {
  origin: { length: undefined },
  waited: () => 0,
  recentRate: () => 0,
  fail: () => undefined,
};
const everything = { coding: 'gzip' as const, received, limit: 100 * mebibyte };

let open: number;
let budget: ProcessBudget;
let decoding: BodyDecoding;

/** A decoder that repeats each byte this number of times. 255 is a broken stream. */
function repeater(times: number): Decoder {
  open += 1;
  return {
    async *write(coded) {
      for (const byte of coded) {
        if (byte === 255) throw new BrokenCoding();
        if (times > 0) yield new Uint8Array(times).fill(byte);
      }
    },
    end: async () => undefined,
    close: () => {
      open -= 1;
    },
  };
}

function decodingBy(times: number): BodyDecoding {
  const decoders = { open: () => repeater(times), close: async () => undefined };
  const { clock, timers } = new SettableTime();
  return new BodyDecoding(decoders, { short: budget, other: budget }, clock, timers);
}

async function* coded(...chunks: number[][]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Uint8Array.from(chunk);
}

async function sizeOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.length;
  return size;
}

beforeEach(() => {
  open = 0;
  budget = new ProcessBudget(decoderPlaces);
  decoding = decodingBy(3);
});

describe('a body that is decoded', () => {
  test('returns its decoder and its place at its end', async () => {
    const body = decoding.open({ ...everything, chunks: coded([1, 2], [3]) }, 'a');
    expect(await sizeOf(body.chunks)).toBe(9);
    expect([open, budget.taken]).toEqual([0, 0]);
    body.close();
    expect([open, budget.taken]).toEqual([0, 0]);
  });

  test('returns them when it is closed halfway, if the reader stops', async () => {
    const body = decoding.open({ ...everything, chunks: coded([1], [2]) }, 'a');
    await body.chunks[Symbol.asyncIterator]().next();
    expect([open, budget.taken]).toEqual([1, 1]);
    body.close();
    expect([open, budget.taken]).toEqual([0, 0]);
  });

  test('takes none if it is never read', () => {
    decoding.open({ ...everything, chunks: coded([1]) }, 'a').close();
    expect([open, budget.taken]).toEqual([0, 0]);
  });

  test.each([
    ['is broken', [[1, 255]], 'invalid'],
    ['has no byte', [], 'invalid'],
    ['has more than the limit', [[1], [2], [3], [4]], 'too_large'],
  ] as const)('that %s is rejected, and returns everything', async (_name, chunks, code) => {
    const given = { ...everything, limit: 10, chunks: coded(...(chunks as unknown as number[][])) };
    const body = decoding.open(given, 'a');
    expect((await failureOf(() => sizeOf(body.chunks))).code).toBe(code);
    expect([open, budget.taken]).toEqual([0, 0]);
  });

  test('throws the error of its chunks, and returns all', async () => {
    const broken = new Error('the client went away');
    const body = decoding.open(
      {
        ...everything,
        chunks: (async function* () {
          yield new Uint8Array(1);
          throw broken;
        })(),
      },
      'a',
    );
    await expect(sizeOf(body.chunks)).rejects.toBe(broken);
    expect([open, budget.taken]).toEqual([0, 0]);
  });

  test('may be 16 MiB of any ratio, and above that 200 times its coded bytes', async () => {
    const sizeAt = (times: number, bytes: number) =>
      sizeOf(
        decodingBy(times).open({ ...everything, chunks: coded(Array.from({ length: bytes }, () => 1)) }, 'a')
          .chunks,
      );
    expect(await sizeAt(16 * mebibyte, 1)).toBe(16 * mebibyte);
    expect((await failureOf(() => sizeAt(16 * mebibyte + 1, 1))).code).toBe('invalid');
    // All bytes that arrived count: 200 times their number is the maximum.
    expect(await sizeAt(200, 100_000)).toBe(20_000_000);
    expect((await failureOf(() => sizeAt(201, 100_000))).code).toBe('invalid');
  });

  test('that endlessly decodes to nothing is ended', async () => {
    const endless = async function* () {
      for (;;) yield new Uint8Array(mebibyte);
    };
    const body = decodingBy(0).open({ ...everything, limit: mebibyte, chunks: endless() }, 'a');
    expect((await failureOf(() => sizeOf(body.chunks))).code).toBe('too_large');
  });
});

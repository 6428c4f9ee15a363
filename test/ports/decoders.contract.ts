import { afterAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type ContentCoding, contentCodings } from '../../src/core/ports/coding/content-coding.ts';
import { BrokenCoding, type Decoder, type Decoders } from '../../src/core/ports/coding/decoders.ts';
import { failureOf } from '../core/failure-of.ts';
import { callers } from './race.ts';

const encode: Record<ContentCoding, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: zstdCompressSync,
};
const mebibyte = 1024 * 1024;
const maxPiece = 256 * 1024;

/** 39 bytes of text, encoded with a window of 64 MiB (BROTLI_PARAM_LARGE_WINDOW), which RFC 7932 does not have. */
const largeWindow = Buffer.from('115a9800009000c9410a61261b2c40e45d6a02', 'hex');

/** The output of a decoder for these chunks. No output chunk may exceed 256 KiB. */
async function decodedBy(decoder: Decoder, chunks: Uint8Array[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (const chunk of chunks)
    for await (const piece of decoder.write(chunk)) {
      expect(piece.length).toBeLessThanOrEqual(maxPiece);
      pieces.push(piece);
    }
  await decoder.end();
  return Buffer.concat(pieces);
}

function inChunks(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

/** The contract of all decoders (`src/core/ports/coding/decoders.ts`). */
export function decodersContract(name: string, open: () => Decoders): void {
  describe(name, () => {
    const opened: Decoders[] = [];
    const openDecoders = () => {
      const decoders = open();
      opened.push(decoders);
      return decoders;
    };
    afterAll(async () => {
      for (const decoders of opened) await decoders.close();
    });
    const decoders = openDecoders();

    /** Decodes with a new decoder, and closes it. */
    async function decoded(coding: ContentCoding, chunks: Uint8Array[]): Promise<Buffer> {
      const decoder = decoders.open(coding);
      try {
        return await decodedBy(decoder, chunks);
      } finally {
        decoder.close();
      }
    }

    // Not with `rejects`: in Bun it can block messages of workers.
    const errorOf = (...given: Parameters<typeof decoded>) =>
      decoded(...given).then(
        () => undefined,
        (error: unknown) => error,
      );

    for (const coding of contentCodings)
      describe(coding, () => {
        test.each([
          ['no bytes', new Uint8Array(0)],
          ['one byte', Uint8Array.of(7)],
          ['bytes that cannot be compressed', randomBytes(700_000)],
          ['2 MiB of few coded bytes', Buffer.alloc(2 * mebibyte, 'mayfly ')],
        ] as [string, Uint8Array][])(
          'decodes to what was encoded, in bounded pieces: %s',
          async (_, bytes) => {
            const coded = encode[coding](bytes);
            expect((await decoded(coding, [coded])).equals(bytes)).toBe(true);
            expect((await decoded(coding, inChunks(coded, 65_536))).equals(bytes)).toBe(true);
          },
        );

        test('decodes byte by byte', async () => {
          const coded = encode[coding](Buffer.from('Grüße aus Köln'));
          expect(String(await decoded(coding, inChunks(coded, 1)))).toBe('Grüße aus Köln');
        });

        test('rejects a stream that ends early, continues after its end, or has another coding', async () => {
          const coded = encode[coding](randomBytes(100_000));
          const broken: Uint8Array[][] = [
            [coded.subarray(0, 3)],
            [coded.subarray(0, 50_000)],
            [coded.subarray(0, coded.length - 1)],
            [coded, Buffer.from('more')],
            [Buffer.concat([coded, Buffer.alloc(1)])],
            [Buffer.from('This was never coded at all, and does not say that it was.')],
          ];
          for (const [index, chunks] of broken.entries()) {
            expect([index, await errorOf(coding, chunks)]).toEqual([index, expect.any(BrokenCoding)]);
          }
        });

        test('decodes 16 streams concurrently', async () => {
          const contents = Array.from({ length: callers }, (_, n) => randomBytes(20_000 * n + 1));
          const all = await Promise.all(
            contents.map((content) => decoded(coding, inChunks(encode[coding](content), 7000))),
          );
          expect(all.map((content, n) => content.equals(contents[n] ?? Buffer.alloc(0)))).toEqual(
            contents.map(() => true),
          );
        });
      });

    test.each(['gzip', 'zstd'] as const)('decodes all members or frames of %s', async (coding) => {
      const members = ['one ', '', 'two'].map((text) => encode[coding](Buffer.from(text)));
      expect(String(await decoded(coding, members))).toBe('one two');
      expect(String(await decoded(coding, [Buffer.concat(members)]))).toBe('one two');
    });

    test('rejects a window of more than 8 MiB, in zstd and in brotli', async () => {
      const content = randomBytes(9 * mebibyte);
      const window = (log: number) =>
        zstdCompressSync(content, { params: { [constants.ZSTD_c_windowLog]: log } });
      expect((await decoded('zstd', [window(23)])).length).toBe(content.length);
      expect(await errorOf('zstd', [window(24)])).toBeInstanceOf(BrokenCoding);
      expect(await errorOf('br', [largeWindow])).toBeInstanceOf(BrokenCoding);
    });

    test('a broken stream does not affect others', async () => {
      const content = randomBytes(100_000);
      const coded = encode.gzip(content);
      const all = await Promise.allSettled(
        Array.from({ length: callers }, (_, n) =>
          decoded('gzip', n % 2 === 0 ? inChunks(coded, 5000) : [coded, Buffer.from('more')]),
        ),
      );
      for (const [n, outcome] of all.entries()) {
        if (outcome.status === 'fulfilled') expect([n % 2, outcome.value.equals(content)]).toEqual([0, true]);
        else expect([n % 2, outcome.reason instanceof BrokenCoding]).toEqual([1, true]);
      }
    });

    describe('a decoder that is closed', () => {
      const coded = encode.gzip(Buffer.alloc(mebibyte, 'mayfly'));
      const sizeOf = async (decoder: Decoder) => {
        let size = 0;
        for await (const piece of decoder.write(coded)) size += piece.length;
        return size;
      };

      test('decodes nothing more, and fails', async () => {
        const decoder = decoders.open('gzip');
        decoder.close();
        expect((await failureOf(() => sizeOf(decoder))).code).toBe('store_away');
        expect((await failureOf(() => decoder.end())).code).toBe('store_away');
      });

      test('during a write decodes no further chunk', async () => {
        const decoder = decoders.open('gzip');
        const pieces = decoder.write(coded)[Symbol.asyncIterator]();
        expect((await pieces.next()).value?.length).toBeWithin(1, maxPiece + 1);
        decoder.close();
        expect((await failureOf(async () => pieces.next())).code).toBe('store_away');
        expect(await sizeOf(decoders.open('gzip'))).toBe(mebibyte);
      });
    });

    test('decoders whose threads have ended fail, and later ones work', async () => {
      const ending = openDecoders();
      const decoder = ending.open('gzip');
      const content = Buffer.alloc(mebibyte, 'mayfly');
      const coded = encode.gzip(content);
      const pieces = decoder.write(coded)[Symbol.asyncIterator]();
      await pieces.next();
      await ending.close();
      expect((await failureOf(async () => pieces.next())).code).toBe('store_away');
      expect((await failureOf(() => decoder.end())).code).toBe('store_away');
      const later = ending.open('gzip');
      expect((await decodedBy(later, [coded])).equals(content)).toBe(true);
      later.close();
    });

    test('unused decoders can be closed repeatedly', async () => {
      const unused = openDecoders();
      await unused.close();
      await unused.close();
    });
  });
}

import { afterAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type AnswerCoding, answerCodings } from '../../src/core/ports/coding/content-coding.ts';
import type { Encoder } from '../../src/core/ports/coding/encoder.ts';
import { callers } from './race.ts';

const decode: Record<AnswerCoding, (bytes: Uint8Array) => Buffer> = {
  zstd: zstdDecompressSync,
  br: brotliDecompressSync,
  gzip: gunzipSync,
};
const mebibyte = 1024 * 1024;

/** The contract of every encoder (`src/core/ports/coding/encoder.ts`). */
export function encoderContract(name: string, open: () => Encoder): void {
  describe(name, () => {
    const opened: Encoder[] = [];
    const openEncoder = () => {
      const encoder = open();
      opened.push(encoder);
      return encoder;
    };
    afterAll(async () => {
      for (const encoder of opened) await encoder.close();
    });
    const encoder = openEncoder();

    async function decoded(of: Encoder, coding: AnswerCoding, bytes: Uint8Array): Promise<Buffer> {
      const encoded = await of.encode(coding, bytes);
      if (encoded === undefined) throw new Error('the thread was lost');
      return decode[coding](encoded);
    }

    for (const coding of answerCodings)
      describe(coding, () => {
        test.each([
          ['no bytes', new Uint8Array(0)],
          ['one byte', Uint8Array.of(7)],
          ['text', Buffer.from('Grüße '.repeat(1000))],
          ['bytes that cannot be compressed', randomBytes(100_000)],
          ['2 MiB', Buffer.alloc(2 * mebibyte, 'mayfly ')],
        ] as [string, Uint8Array][])('decodes to what was encoded: %s', async (_, bytes) => {
          expect((await decoded(encoder, coding, bytes)).equals(bytes)).toBe(true);
        });

        test('makes text smaller', async () => {
          const text = Buffer.from('All work and no play makes Jack a dull boy. '.repeat(100));
          expect((await encoder.encode(coding, text))?.length).toBeLessThan(text.length / 2);
        });
      });

    test('does not change or share the bytes of the caller', async () => {
      const text = 'mayfly '.repeat(1000);
      const bytes = new TextEncoder().encode(text);
      const encoded = await encoder.encode('gzip', bytes);
      expect(new TextDecoder().decode(bytes)).toBe(text);
      expect(encoded?.buffer.byteLength).toBe(encoded?.byteLength);
    });

    test('encodes only the given range of a larger buffer', async () => {
      const whole = new TextEncoder().encode('before the part after');
      expect(String(await decoded(encoder, 'gzip', whole.subarray(7, 15)))).toBe('the part');
    });

    test('each of 16 concurrent callers gets its own result', async () => {
      const calls = Array.from({ length: callers }, (_, caller) => ({
        coding: answerCodings[caller % answerCodings.length] ?? 'gzip',
        text: `caller ${caller} `.repeat((caller * 7919) % 5000),
      }));
      const texts = await Promise.all(
        calls.map(async ({ coding, text }) => String(await decoded(encoder, coding, Buffer.from(text)))),
      );
      expect(texts).toEqual(calls.map(({ text }) => text));
    });

    test('calls return their bytes or undefined when the thread ends', async () => {
      const ending = openEncoder();
      const bytes = Buffer.alloc(mebibyte, 'mayfly');
      const calls = Array.from({ length: callers }, () => ending.encode('br', bytes));
      await ending.close();
      for (const encoded of await Promise.all(calls))
        if (encoded !== undefined) expect(decode.br(encoded).equals(bytes)).toBe(true);
    });

    test('the next call after a lost thread starts a new one', async () => {
      const ending = openEncoder();
      await decoded(ending, 'gzip', Buffer.from('a'));
      await ending.close();
      // A call at the moment of the loss may still fail; the next one does not.
      await ending.encode('gzip', Buffer.from('b'));
      expect(String(await decoded(ending, 'gzip', Buffer.from('c')))).toBe('c');
    });

    test('an unused encoder can be closed repeatedly', async () => {
      const unused = openEncoder();
      await unused.close();
      await unused.close();
    });
  });
}

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { partsStream } from '../../src/core/content/parts-stream.ts';
import { BlobMissing, type ByteRange } from '../../src/core/ports/content/blob-store.ts';
import { Blobs, blobsOf } from './blobs-in-memory.ts';

const bytesOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).bytes();

const partsOf = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 });

describe('parts as one stream', () => {
  test('are their concatenation, with one part open at a time and all closed at the end', async () => {
    const property = fc.asyncProperty(partsOf, fc.integer({ min: 1, max: 40 }), async (parts, chunkSize) => {
      const blobs = new Blobs(parts, chunkSize);
      const bytes = await bytesOf(await partsStream(blobs.parts, undefined, blobs.open, blobs.readers));
      expect(Buffer.from(bytes)).toEqual(Buffer.concat(parts));
      expect(blobs.most).toBeLessThanOrEqual(1);
      expect(blobs.now).toBe(0);
    });
    await fc.assert(property, { numRuns: 500 });
  });

  test('in a range are that range of their concatenation, and only its parts are opened', async () => {
    const range = fc.tuple(fc.nat(260), fc.nat(260));
    const property = fc.asyncProperty(
      partsOf,
      range,
      fc.integer({ min: 1, max: 40 }),
      async (parts, ends, chunkSize) => {
        const [start, end] = [Math.min(...ends), Math.max(...ends)];
        const blobs = new Blobs(parts, chunkSize);
        const bytes = await bytesOf(
          await partsStream(blobs.parts, { start, end }, blobs.open, blobs.readers),
        );
        expect(Buffer.from(bytes)).toEqual(Buffer.concat(parts).subarray(start, end + 1));
        const asked = blobs.opened.map(({ key, range }) =>
          range ? range.end - range.start + 1 : (parts[Number(key)]?.length ?? 0),
        );
        expect(asked.reduce((sum, size) => sum + size, 0)).toBe(bytes.length);
        expect(asked).not.toContain(0);
      },
    );
    await fc.assert(property, { numRuns: 1000 });
  });

  test.each([
    ['all', undefined, [['0'], ['2'], ['4']]],
    ['inside one part', { start: 12, end: 14 }, [['2', 2, 4]]],
    ['exactly one part', { start: 10, end: 29 }, [['2']]],
    ['from within one to within another', { start: 9, end: 30 }, [['0', 9, 9], ['2'], ['4', 0, 0]]],
    ['the last byte', { start: 34, end: 34 }, [['4', 4, 4]]],
    ['beyond the end', { start: 35, end: 99 }, []],
  ] as [string, ByteRange | undefined, [string, number?, number?][]][])(
    'open only the parts of a range, and no part without bytes: %s',
    async (_, range, expected) => {
      const blobs = blobsOf([10, 0, 20, 0, 5]);
      await bytesOf(await partsStream(blobs.parts, range, blobs.open, blobs.readers));
      expect(blobs.opened).toEqual(
        expected.map(([key, start, end]) => ({
          key,
          range: start === undefined || end === undefined ? undefined : { start, end },
        })),
      );
    },
  );

  test('without parts or bytes are empty', async () => {
    for (const sizes of [[], [0], [0, 0]]) {
      const blobs = blobsOf(sizes);
      expect(
        (await bytesOf(await partsStream(blobs.parts, undefined, blobs.open, blobs.readers))).length,
      ).toBe(0);
    }
  });

  test('are read no further than their reader requests', async () => {
    const blobs = blobsOf([8, 8]);
    const stream = await partsStream(blobs.parts, undefined, blobs.open, blobs.readers);
    await Bun.sleep(5);
    expect([blobs.opened.length, blobs.pulls]).toEqual([1, 0]);
    const reader = stream.getReader();
    for (const [read, opened] of [1, 1, 2, 2].entries()) {
      expect((await reader.read()).value?.length).toBe(4);
      await Bun.sleep(5);
      expect([blobs.opened.length, blobs.pulls]).toEqual([opened, read + 1]);
    }
    expect((await reader.read()).done).toBe(true);
  });

  test('fail at once if the first is missing; a later one fails the stream', async () => {
    const blobs = blobsOf([8, 8]);
    blobs.missing.add('0');
    await expect(partsStream(blobs.parts, undefined, blobs.open, blobs.readers)).rejects.toBeInstanceOf(
      BlobMissing,
    );
    blobs.missing.delete('0');
    blobs.missing.add('1');
    const reader = (await partsStream(blobs.parts, undefined, blobs.open, blobs.readers)).getReader();
    await reader.read();
    await reader.read();
    await expect(reader.read()).rejects.toBeInstanceOf(BlobMissing);
    expect(blobs.now).toBe(0);
  });

  test('that are cancelled cancel the open one, and open no other', async () => {
    for (const reads of [0, 1, 2, 3]) {
      const blobs = blobsOf([8, 8, 8]);
      const reader = (await partsStream(blobs.parts, undefined, blobs.open, blobs.readers)).getReader();
      for (let read = 0; read < reads; read += 1) await reader.read();
      const opened = blobs.opened.length;
      await reader.cancel('enough');
      await Bun.sleep(5);
      expect(blobs.cancelled).toEqual(['enough']);
      expect([blobs.now, blobs.opened.length]).toEqual([0, opened]);
    }
  });

  test('that are cancelled while one is being read or opened leave none open', async () => {
    const blobs = blobsOf([8, 8, 8]);
    const { promise: began, resolve: opening } = Promise.withResolvers<void>();
    const { promise: held, resolve: go } = Promise.withResolvers<void>();
    blobs.beforeOpen = async (key) => {
      if (key === '0') return;
      opening();
      await held;
    };
    const reader = (await partsStream(blobs.parts, undefined, blobs.open, blobs.readers)).getReader();
    await reader.read();
    await reader.read();
    const next = reader.read();
    await began;
    await reader.cancel();
    expect(await next).toEqual({ done: true, value: undefined });
    go();
    await Bun.sleep(5);
    expect([blobs.now, blobs.opened.length]).toEqual([0, 2]);

    const others = blobsOf([8, 8]);
    const other = (await partsStream(others.parts, undefined, others.open, others.readers)).getReader();
    const pending = other.read().catch(() => undefined);
    await other.cancel();
    await pending;
    await Bun.sleep(5);
    expect([others.now, others.opened.length]).toEqual([0, 1]);
  });

  describe('hold the blobs that are still needed', () => {
    const begun = async (blobs: Blobs, range?: ByteRange) =>
      (await partsStream(blobs.parts, range, blobs.open, blobs.readers)).getReader();

    test('from the start to the end, and only those', async () => {
      const blobs = blobsOf([8, 8, 0, 8]);
      const reader = await begun(blobs);
      for (let read = 0; read < 6; read += 1) {
        expect(blobs.held).toEqual(['0', '1', '3']);
        expect((await reader.read()).done).toBe(false);
      }
      expect((await reader.read()).done).toBe(true);
      expect(blobs.held).toEqual([]);

      const others = blobsOf([8, 8, 8, 8]);
      const other = await begun(others, { start: 9, end: 20 });
      expect(others.held).toEqual(['1', '2']);
      while (!(await other.read()).done);
      expect(others.held).toEqual([]);
    });

    test('for each reader separately', async () => {
      const blobs = blobsOf([8, 8]);
      const [one, two] = [await begun(blobs), await begun(blobs)];
      while (!(await one.read()).done);
      expect(blobs.held).toEqual(['0', '1']);
      await one.cancel();
      expect(blobs.held).toEqual(['0', '1']);
      await two.cancel();
      expect(blobs.held).toEqual([]);
    });

    test('until they are cancelled, at any position', async () => {
      for (const reads of [0, 1, 3, 4]) {
        const blobs = blobsOf([8, 8, 8]);
        const reader = await begun(blobs);
        for (let read = 0; read < reads; read += 1) await reader.read();
        expect(blobs.held).toEqual(['0', '1', '2']);
        await reader.cancel();
        expect(blobs.held).toEqual([]);
      }
    });

    test('until one is missing, the first or a later one', async () => {
      const blobs = blobsOf([8, 8]);
      blobs.missing.add('0');
      await expect(begun(blobs)).rejects.toBeInstanceOf(BlobMissing);
      expect(blobs.held).toEqual([]);
      blobs.missing.delete('0');
      blobs.missing.add('1');
      const reader = await begun(blobs);
      await reader.read();
      await reader.read();
      expect(blobs.held).toEqual(['0', '1']);
      await expect(reader.read()).rejects.toBeInstanceOf(BlobMissing);
      expect(blobs.held).toEqual([]);
    });

    test('until one fails in the middle', async () => {
      const blobs = blobsOf([8, 8]);
      const failing = async () =>
        new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('the disk')) });
      const stream = await partsStream(blobs.parts, undefined, failing, blobs.readers);
      expect(blobs.held).toEqual(['0', '1']);
      await expect(bytesOf(stream)).rejects.toThrow('the disk');
      expect(blobs.held).toEqual([]);
    });
  });
});

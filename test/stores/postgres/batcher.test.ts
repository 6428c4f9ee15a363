import { describe, expect, test } from 'bun:test';
import { Batcher } from '../../../src/stores/postgres/database/batcher.ts';

/** A statement of a batch that waits until the test answers it. */
type Flushed = { items: number[]; answer: () => void; fail: (error: Error) => void };

type Options = Partial<ConstructorParameters<typeof Batcher<number, string>>[0]>;

function batcherUnderTest(options: Options = {}) {
  const flushed: Flushed[] = [];
  const batcher = new Batcher<number, string>({
    flush: (items) =>
      new Promise((resolve, reject) => {
        flushed.push({ items, answer: () => resolve(items.map((item) => `done ${item}`)), fail: reject });
      }),
    maxItems: 100,
    ...options,
  });
  return { batcher, flushed, sizes: () => flushed.map(({ items }) => items.length) };
}

/** After the I/O events of this turn, and the promises that follow. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a batcher', () => {
  test('runs all calls of one turn as one statement, and each gets its own outcome', async () => {
    const { batcher, flushed, sizes } = batcherUnderTest();
    const calls = [3, 1, 2].map((item) => batcher.add(item));
    await turn();
    expect(sizes()).toEqual([3]);
    flushed[0]?.answer();
    expect(await Promise.all(calls)).toEqual(['done 3', 'done 1', 'done 2']);
  });

  test('has at most four statements in flight, and the next one takes all that wait', async () => {
    const { batcher, flushed, sizes } = batcherUnderTest();
    const calls: Promise<string>[] = [];
    for (let item = 0; item < 8; item += 1) {
      calls.push(batcher.add(item));
      await turn();
    }
    expect(sizes()).toEqual([1, 1, 1, 1]);
    flushed[1]?.answer();
    await turn();
    expect(sizes()).toEqual([1, 1, 1, 1, 4]);
    for (const { answer } of flushed) answer();
    expect(await Promise.all(calls)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((item) => `done ${item}`));
  });

  test('starts another statement only for a quarter of the calls that are made at once', async () => {
    const { batcher, flushed, sizes } = batcherUnderTest();
    const calls = Array.from({ length: 9 }, (_, item) => batcher.add(item));
    await turn();
    // Eleven at once: two are less than a quarter, and three are enough.
    calls.push(batcher.add(9), batcher.add(10));
    await turn();
    expect(sizes()).toEqual([9]);
    calls.push(batcher.add(11));
    await turn();
    expect(sizes()).toEqual([9, 3]);
    for (const { answer } of flushed) answer();
    expect(await Promise.all(calls)).toHaveLength(12);
  });

  test('splits what exceeds the size of a batch', async () => {
    const { batcher, flushed, sizes } = batcherUnderTest({ maxItems: 4 });
    const calls = Array.from({ length: 9 }, (_, item) => batcher.add(item));
    await turn();
    // The last one alone is less than a quarter.
    expect(sizes()).toEqual([4, 4]);
    for (const { answer } of flushed) answer();
    await turn();
    expect(sizes()).toEqual([4, 4, 1]);
    flushed[2]?.answer();
    expect(await Promise.all(calls)).toHaveLength(9);
  });

  test('keeps the items of a batch within a size, and a larger item is alone', async () => {
    const { batcher, flushed } = batcherUnderTest({ maxSize: 10, sizeOf: (item) => item });
    const calls = [4, 6, 1, 30, 2].map((item) => batcher.add(item));
    for (let n = 0; n < 4; n += 1) {
      await turn();
      flushed[n]?.answer();
    }
    await Promise.all(calls);
    expect(flushed.map(({ items }) => items)).toEqual([[4, 6], [1], [30], [2]]);
  });

  test('fails all calls of a batch whose connection broke, and no others', async () => {
    const { batcher, flushed } = batcherUnderTest();
    const failing = Promise.allSettled([1, 2].map((item) => batcher.add(item)));
    await turn();
    const later = Promise.all([3, 4].map((item) => batcher.add(item)));
    await turn();
    flushed[0]?.fail(new Error('broken'));
    flushed[1]?.answer();
    expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await later).toEqual(['done 3', 'done 4']);
  });

  test('runs the calls one by one if one of them made the statement fail', async () => {
    const { batcher, flushed, sizes } = batcherUnderTest({ isOfItem: () => true });
    const calls = Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    await turn();
    for (let n = 0; n < 4; n += 1) {
      const { items, answer, fail } = flushed[n] as Flushed;
      if (items.includes(2)) fail(new Error('bad value'));
      else answer();
      await turn();
    }
    expect(sizes()).toEqual([3, 1, 1, 1]);
    expect(await calls).toMatchObject([
      { value: 'done 1' },
      { status: 'rejected', reason: { message: 'bad value' } },
      { value: 'done 3' },
    ]);
  });

  test('refuses calls while 10,000 wait, and accepts them again when fewer do', async () => {
    const { batcher, flushed } = batcherUnderTest({ maxItems: 4000 });
    const calls = Array.from({ length: 10_000 }, (_, item) => batcher.add(item));
    await expect(batcher.add(10_000)).rejects.toMatchObject({ code: 'store_away', retryAfterSeconds: 5 });
    await turn();
    calls.push(batcher.add(10_001));
    for (let n = 0; n < 3; n += 1) {
      flushed[n]?.answer();
      await turn();
    }
    expect(await Promise.all(calls)).toHaveLength(10_001);
  });

  test('goes on after a failure', async () => {
    const { batcher, flushed } = batcherUnderTest();
    for (let n = 0; n < 5; n += 1) {
      const failing = batcher.add(n);
      await turn();
      flushed[n]?.fail(new Error('broken'));
      await expect(failing).rejects.toThrow('broken');
    }
    const call = batcher.add(5);
    await turn();
    flushed[5]?.answer();
    expect(await call).toBe('done 5');
  });
});

import { beforeEach, describe, expect, test } from 'bun:test';
import type { Timers } from '../../src/core/ports/clock.ts';
import { Tally } from '../../src/core/tally.ts';

/** Sleeps that the test ends. */
class SettableSleep {
  readonly asked: number[] = [];
  #wake: (() => void)[] = [];
  readonly timers: Timers = {
    every: () => () => undefined,
    sleep: (milliseconds) => {
      this.asked.push(milliseconds);
      return new Promise((resolve) => this.#wake.push(resolve));
    },
  };

  async end(): Promise<void> {
    for (const wake of this.#wake.splice(0)) wake();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

let sleep: SettableSleep;
let written: [string, number][][];
let tally: Tally<number>;
let fails: boolean;
/** What each write waits for. */
let store: Promise<void>;
beforeEach(() => {
  sleep = new SettableSleep();
  written = [];
  fails = false;
  store = Promise.resolve();
  tally = new Tally(
    (earlier, later) => earlier + later,
    async (notes) => {
      await store;
      if (fails) throw new Error('away');
      written.push([...notes]);
    },
    sleep.timers,
  );
});

describe('a tally', () => {
  test('writes the counts of a second together, those of one id as one', async () => {
    for (const [id, count] of [
      ['a', 1],
      ['b', 5],
      ['a', 2],
    ] as const)
      tally.note(id, count);
    expect([written, sleep.asked]).toEqual([[], [1000]]);
    await sleep.end();
    expect(written).toEqual([
      [
        ['a', 3],
        ['b', 5],
      ],
    ]);
  });

  test('starts again after it has written, and is idle without counts', async () => {
    tally.note('a', 1);
    await sleep.end();
    await sleep.end();
    expect(sleep.asked).toHaveLength(1);
    tally.note('a', 2);
    expect(sleep.asked).toHaveLength(2);
    await sleep.end();
    expect(written).toEqual([[['a', 1]], [['a', 2]]]);
  });

  test('writes immediately when it is flushed, and nothing twice', async () => {
    tally.note('a', 1);
    await tally.flush();
    expect(written).toEqual([[['a', 1]]]);
    await sleep.end();
    await tally.flush();
    expect(written).toHaveLength(1);
  });

  test('waits for a write in progress when it is flushed', async () => {
    let answer: () => void = () => undefined;
    store = new Promise((resolve) => {
      answer = resolve;
    });
    tally.note('a', 1);
    await sleep.end();
    let isFlushed = false;
    const flushed = tally.flush().then(() => {
      isFlushed = true;
    });
    await sleep.end();
    expect([isFlushed, written]).toEqual([false, []]);
    answer();
    await flushed;
    expect(written).toEqual([[['a', 1]]]);
  });

  test('loses what could not be written, but nothing later, and never fails', async () => {
    fails = true;
    tally.note('a', 1);
    await sleep.end();
    tally.note('b', 1);
    await tally.flush();
    fails = false;
    tally.note('a', 2);
    await sleep.end();
    expect(written).toEqual([[['a', 2]]]);
  });
});

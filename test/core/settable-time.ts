import type { Timers } from '../../src/core/ports/clock.ts';

/** Before the expiry of docs/contract/payloads.md, "Example", 2025-03-28T00:00:00Z. */
export const startOfTime = Date.UTC(2025, 2, 1);

type Repeating = { every: number; due: number; task: () => void };

/** The core's clock and timers: time does not pass until the test moves it. */
export class SettableTime {
  now = startOfTime;
  /** The duration of each pause that the core made (ms). */
  readonly rests: number[] = [];
  /** Called during a pause, which ends in the next turn of the event loop. */
  onRest: () => void = () => undefined;
  readonly #repeating = new Set<Repeating>();

  readonly clock = (): number => this.now;

  readonly timers: Timers = {
    every: (milliseconds, task) => {
      const repeating = { every: milliseconds, due: this.now + milliseconds, task };
      this.#repeating.add(repeating);
      return () => void this.#repeating.delete(repeating);
    },
    sleep: async (milliseconds) => {
      this.rests.push(milliseconds);
      this.onRest();
      await nextTurn();
    },
  };

  /** The number of running repeating timers. */
  get running(): number {
    return this.#repeating.size;
  }

  /** Moves time forward, running each due timer at its own time; then lets the started work continue. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (;;) {
      const [next] = [...this.#repeating].sort((a, b) => a.due - b.due);
      if (next === undefined || next.due > end) break;
      this.now = Math.max(this.now, next.due);
      next.due += next.every;
      next.task();
      await nextTurn();
    }
    this.now = end;
    await nextTurn();
  }
}

/** A group commit runs at the end of the second turn. After three times that, started writes are committed. */
const turns = 6;

async function nextTurn(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

import type { Timers } from '../../src/core/ports/clock.ts';

/** Before the expiry of docs/contract/payloads.md, "Example", 2025-03-28T00:00:00Z. */
export const startOfTime = Date.UTC(2025, 2, 1);

type Repeating = { every: number; due: number; task: () => void };

/** The core's clock and timers in one: time stands still until the test moves it. */
export class SettableTime {
  now = startOfTime;
  /** How long the core asked to rest, rest by rest (ms). */
  readonly rests: number[] = [];
  /** What happens during a rest, which is over in the next turn of the event loop. */
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

  /** How many repeating timers run. */
  get running(): number {
    return this.#repeating.size;
  }

  /** Moves on, running what is due on the way at its own time; then lets what was begun get on. */
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

/** A group commit runs at the end of the second turn: after three times that, what was begun is written. */
const turns = 6;

async function nextTurn(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

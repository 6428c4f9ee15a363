import { Failure } from './failure.ts';
import type { Timers } from './ports/clock.ts';

/** The wait before the next attempt (ms), doubled after each failed one. */
const firstWait = 100;
const longestWait = 1000;
/** The maximum number of waiting tasks. Later ones are dropped: whatever they would free is freed at its end. */
const maxWaiting = 10_000;

/**
 * Small writes that free what a failed request still holds. The request often failed because storage is away, so they
 * are tried again until it is back. A task may run again although it took effect: that must change nothing.
 */
export class Retries {
  readonly #timers: Timers;
  readonly #waiting = new Set<() => Promise<void>>();
  #isRunning = false;
  #isStopped = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Runs a task, in the background if it fails now. Never rejects. */
  async run(task: () => Promise<void>): Promise<void> {
    if ((await isDone(task)) || this.#isStopped || this.#waiting.size === maxWaiting) return;
    this.#waiting.add(task);
    if (!this.#isRunning) void this.#runWaiting();
  }

  /** Drops the waiting tasks. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting.clear();
  }

  async #runWaiting(): Promise<void> {
    this.#isRunning = true;
    for (let wait = firstWait; this.#waiting.size > 0; wait = Math.min(2 * wait, longestWait)) {
      await this.#timers.sleep(wait);
      for (const task of this.#waiting) {
        const done = await isDone(task);
        this.#waiting.delete(task);
        if (done) continue;
        // Last, so that it holds up no other.
        if (!this.#isStopped) this.#waiting.add(task);
        break;
      }
    }
    this.#isRunning = false;
  }
}

/** Whether a task needs no further attempt: it succeeded, or another attempt would fail in the same way. */
async function isDone(task: () => Promise<void>): Promise<boolean> {
  try {
    await task();
    return true;
  } catch (error) {
    return !(error instanceof Failure);
  }
}

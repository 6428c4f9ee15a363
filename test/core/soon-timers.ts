import type { Timers } from '../../src/core/ports/clock.ts';

/** Real timers, but repeating ones fire every few milliseconds, for a clock that a test sets ahead. */
export const soonTimers: Timers = {
  every(_, task) {
    const timer = setInterval(task, 5);
    return () => clearInterval(timer);
  },
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Timers that never repeat, so that everything that happens was nudged. */
export const noTimers: Timers = { ...soonTimers, every: () => () => undefined };

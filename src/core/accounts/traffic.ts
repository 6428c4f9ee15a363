import type { Traffic, TrafficStore } from '../ports/accounts/traffic-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import { Tally } from '../tally.ts';

/** Traffic per account. Counts are kept in memory and written every second, so that a call costs no commit. */
export class TrafficCounters {
  readonly #store: TrafficStore;
  readonly #clock: Clock;
  readonly #counts: Tally<Traffic>;

  constructor(store: TrafficStore, clock: Clock, timers: Timers) {
    this.#store = store;
    this.#clock = clock;
    const write = (counts: Map<string, Traffic>) => {
      const period = this.#period();
      return store.add([...counts].map(([accountId, traffic]) => ({ accountId, period, ...traffic })));
    };
    this.#counts = new Tally(sum, write, timers);
  }

  /** Counts requests, and the bytes of objects in both directions. */
  note(accountId: string, requests: number, bytesIn: number, bytesOut: number): void {
    this.#counts.note(accountId, { requests, bytesIn, bytesOut });
  }

  /** The traffic of the current period, except the last second. */
  async current(accountId: string): Promise<Traffic & { period: string }> {
    const period = this.#period();
    return { period, ...(await this.#store.find(accountId, period)) };
  }

  /** Writes the pending counts. Call it before the store closes. Never rejects: a failing store only loses counts. */
  flush(): Promise<void> {
    return this.#counts.flush();
  }

  /** The month in UTC, such as `2026-11`. It may include the last second of the month before. */
  #period(): string {
    return new Date(this.#clock()).toISOString().slice(0, 7);
  }
}

function sum(one: Traffic, other: Traffic): Traffic {
  return {
    requests: one.requests + other.requests,
    bytesIn: one.bytesIn + other.bytesIn,
    bytesOut: one.bytesOut + other.bytesOut,
  };
}

import type { Clock, Timers } from '../ports/clock.ts';
import type { Traffic, TrafficStore } from '../ports/traffic-store.ts';
import { Tally } from '../tally.ts';

/** What accounts had served: counted in memory, since a call is to cost no commit, and written every second. */
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

  /** Counts calls, and the bytes of objects that came in and went out. */
  note(accountId: string, requests: number, bytesIn: number, bytesOut: number): void {
    this.#counts.note(accountId, { requests, bytesIn, bytesOut });
  }

  /** What was counted in the current period, but for the last second. */
  async current(accountId: string): Promise<Traffic & { period: string }> {
    const period = this.#period();
    return { period, ...(await this.#store.find(accountId, period)) };
  }

  /** Writes what waits: before the store closes. Never rejects: a store that is away loses counts, and nothing else. */
  flush(): Promise<void> {
    return this.#counts.flush();
  }

  /** The month in UTC, such as `2026-11`; a second of the last one may count in this one. */
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

import type { Clock, Timers } from '../ports/clock.ts';
import type { Traffic, TrafficStore } from '../ports/traffic-store.ts';

/** How long counts are gathered before they are written (ms). */
const writtenEvery = 1000;

/** What accounts had served: counted in memory, since a call is to cost no commit, and written every second. */
export class TrafficCounters {
  readonly #store: TrafficStore;
  readonly #clock: Clock;
  readonly #timers: Timers;
  #counts = new Map<string, Traffic>();
  #isWaiting = false;

  constructor(store: TrafficStore, clock: Clock, timers: Timers) {
    this.#store = store;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Counts calls, and the bytes of objects that came in and went out. */
  note(accountId: string, requests: number, bytesIn: number, bytesOut: number): void {
    const counts = this.#counts.get(accountId);
    if (counts === undefined) {
      this.#counts.set(accountId, { requests, bytesIn, bytesOut });
      this.#writeSoon();
      return;
    }
    counts.requests += requests;
    counts.bytesIn += bytesIn;
    counts.bytesOut += bytesOut;
  }

  /** What was counted in the current period, but for the last second. */
  async current(accountId: string): Promise<Traffic & { period: string }> {
    const period = this.#period();
    return { period, ...(await this.#store.find(accountId, period)) };
  }

  /** Writes what waits: before the store closes. Never rejects: a store that is away loses counts, and nothing else. */
  async flush(): Promise<void> {
    const counts = this.#counts;
    if (counts.size === 0) return;
    this.#counts = new Map();
    const period = this.#period();
    await this.#store
      .add([...counts].map(([accountId, traffic]) => ({ accountId, period, ...traffic })))
      .catch(() => undefined);
  }

  #writeSoon(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#timers.sleep(writtenEvery).then(() => {
      this.#isWaiting = false;
      return this.flush();
    });
  }

  /** The month in UTC, such as `2026-11`; a second of the last one may count in this one. */
  #period(): string {
    return new Date(this.#clock()).toISOString().slice(0, 7);
  }
}

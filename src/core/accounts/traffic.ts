import type { Clock, Timers } from '../ports/clock.ts';
import type { Traffic, TrafficStore } from '../ports/traffic-store.ts';
import { Tally } from '../tally.ts';

/** What parts account and period in a tally: no id holds it. */
const separator = ' ';

/** What accounts had served: counted in memory, and written about once a second. */
export class TrafficCounters {
  readonly #store: TrafficStore;
  readonly #clock: Clock;
  readonly #tally: Tally<Traffic>;

  constructor(store: TrafficStore, clock: Clock, timers: Timers) {
    this.#store = store;
    this.#clock = clock;
    this.#tally = new Tally<Traffic>(
      (earlier, later) => ({
        requests: earlier.requests + later.requests,
        bytesIn: earlier.bytesIn + later.bytesIn,
        bytesOut: earlier.bytesOut + later.bytesOut,
      }),
      (notes) =>
        store.add(
          [...notes].map(([id, traffic]) => {
            const [accountId = '', period = ''] = id.split(separator);
            return { accountId, period, ...traffic };
          }),
        ),
      timers,
    );
  }

  /** Counts a call. */
  noteRequest(accountId: string): void {
    this.#note(accountId, { requests: 1, bytesIn: 0, bytesOut: 0 });
  }

  /** Counts bytes of objects that came in and went out. */
  noteBytes(accountId: string, bytesIn: number, bytesOut: number): void {
    this.#note(accountId, { requests: 0, bytesIn, bytesOut });
  }

  /** What was counted in the current period, but for the last second or so. */
  async current(accountId: string): Promise<Traffic & { period: string }> {
    const period = periodOf(this.#clock());
    return { period, ...(await this.#store.find(accountId, period)) };
  }

  /** Writes what waits: before the store closes. */
  flush(): Promise<void> {
    return this.#tally.flush();
  }

  #note(accountId: string, traffic: Traffic): void {
    this.#tally.note(`${accountId}${separator}${periodOf(this.#clock())}`, traffic);
  }
}

/** A month in UTC, such as `2026-11`. */
function periodOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}

import type { Timers } from '../../../core/ports/clock.ts';
import { Unhealthy } from '../../../core/ports/probe.ts';
import { prepared, type Sql } from './sql.ts';

/** How often the clock is compared with the database's (ms). */
const interval = 10_000;
/** The number of samples of a comparison, of which the one with the shortest round trip counts. */
const sampleCount = 5;
/** How much two clocks may diverge (ms per ms). Real clocks drift by less than a tenth of this. */
const maxDrift = 0.001;
/** The limits of a node that is ready (ms): of the clock's error, and of the machine's own clock. */
const maxError = 250;
const maxDifference = 5000;

/** Time of this process that never jumps (`monotonic`), and the machine's time; both in ms. */
export type LocalTime = { monotonic: () => number; wall: () => number };

/** An estimate of the database's time minus the monotonic time, which is wrong by at most `error` (ms). */
type Estimate = { offset: number; error: number; at: number };

/**
 * The time of the database, without a query for each reading: the monotonic clock of this process, set to the
 * database's clock. So all nodes have the same time, whatever their own clocks show.
 */
export class DatabaseClock {
  readonly #sql: Sql;
  readonly #local: LocalTime;
  #estimate: Estimate | undefined;
  /** The database's time minus the machine's (ms). */
  #difference = 0;
  #comparison: Promise<void> | undefined;

  constructor(sql: Sql, local: LocalTime = { monotonic: () => performance.now(), wall: Date.now }) {
    this.#sql = sql;
    this.#local = local;
  }

  /** Whole milliseconds since the epoch. Call it only after the first `compare`. */
  readonly now = (): number => {
    if (this.#estimate === undefined) throw new Error('the clock is not set');
    return Math.floor(this.#local.monotonic() + this.#estimate.offset);
  };

  /** Compares the clock with the database's, and sets it. Calls during a comparison share it. */
  compare(): Promise<void> {
    this.#comparison ??= this.#compare().finally(() => {
      this.#comparison = undefined;
    });
    return this.#comparison;
  }

  /** Compares now and then. A failure is not reported here: the clock goes on, and its error grows. */
  watch(timers: Timers): () => void {
    return timers.every(interval, () => this.refresh());
  }

  /** Compares in the background. */
  refresh(): void {
    this.compare().catch(() => undefined);
  }

  /** The database's time minus the machine's, and by how much the clock may be wrong (ms). */
  get state(): { difference: number; error: number } {
    return { difference: this.#difference, error: this.#errorOf(this.#estimate) };
  }

  /** @throws Unhealthy if the time is too inexact, or the machine's clock is wrong */
  async require(): Promise<void> {
    const error = this.#errorOf(this.#estimate);
    if (error > maxError)
      throw new Unhealthy(
        'wrong',
        `the time of the database is known only to within ${Math.round(error)} ms, and the limit is ${maxError} ms: check the network to it`,
      );
    if (Math.abs(this.#difference) > maxDifference)
      throw new Unhealthy(
        'wrong',
        `the machine's clock is ${seconds(Math.abs(this.#difference))} ${this.#difference > 0 ? 'behind' : 'ahead of'} the database's, and the limit is ${seconds(maxDifference)}: check the time synchronisation of both machines`,
      );
  }

  async #compare(): Promise<void> {
    const samples = await this.#sql.transaction(async (queries) => {
      // The first statement also opens the transaction.
      await queries.run(readClock);
      const taken: Estimate[] = [];
      while (taken.length < sampleCount) {
        const sentAt = this.#local.monotonic();
        const { rows } = await queries.run<{ time: number }>(readClock);
        const at = this.#local.monotonic();
        const time = rows[0]?.time ?? Number.NaN;
        taken.push({ offset: time - (sentAt + at) / 2, error: (at - sentAt) / 2, at });
      }
      return taken;
    });
    const best = samples.reduce((one, other) => (other.error < one.error ? other : one));
    this.#difference = best.offset + this.#local.monotonic() - this.#local.wall();
    if (this.#isBetter(best)) this.#estimate = best;
  }

  /**
   * Whether an estimate replaces the last one: it is more exact than that one is by this time, or contradicts it,
   * because another server took over or a clock was set.
   */
  #isBetter(estimate: Estimate): boolean {
    const before = this.#estimate;
    if (before === undefined) return true;
    const error = this.#errorOf(before);
    return estimate.error <= error || Math.abs(estimate.offset - before.offset) > estimate.error + error;
  }

  #errorOf(estimate: Estimate | undefined): number {
    if (estimate === undefined) return Number.POSITIVE_INFINITY;
    return estimate.error + maxDrift * (this.#local.monotonic() - estimate.at);
  }
}

const readClock = prepared('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS time');

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

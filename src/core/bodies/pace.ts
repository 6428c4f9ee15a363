/** The minimum rate of a body while the server waits for it (bytes per second). */
const minRate = 1024;
/** The window over which the minimum rate is averaged (seconds). */
const averagedOver = 30;
/** The maximum silence of a body that may pause, while the server waits for it (ms). */
const maxSilence = 120_000;
/** The window of the recent rate (seconds). */
const recently = 10;
/** One more than the average needs: the current second is incomplete. */
const seconds = averagedOver + 1;

/**
 * How fast a body arrives. Its clock runs only while the server waits for bytes: a slow store is not the client's
 * fault. All times are milliseconds of the core's clock.
 */
export class Pace {
  readonly #mayPause: boolean;
  #waited = 0;
  #waitingSince: number | undefined;
  #lastByteAt = 0;
  /** A ring of the bytes in each of the last seconds of waiting. */
  #bytes: number[] | undefined;
  #second = 0;

  /** @param mayPause Whether the body comes from a pipe, which has a maximum silence instead of a minimum rate. */
  constructor(mayPause: boolean) {
    this.#mayPause = mayPause;
  }

  /** The server starts to wait for bytes. */
  wait(now: number): void {
    this.#waitingSince = now;
  }

  /** Ends the wait: `bytes` arrived. */
  arrived(bytes: number, now: number): void {
    this.#waited = this.#waitedUntil(now);
    this.#waitingSince = undefined;
    this.#lastByteAt = this.#waited;
    const counts = this.#countsUntil(this.#waited);
    counts[this.#second % seconds] = (counts[this.#second % seconds] ?? 0) + bytes;
  }

  isTooSlow(now: number): boolean {
    if (this.#waitingSince === undefined) return false;
    const waited = this.#waitedUntil(now);
    if (this.#mayPause) return waited - this.#lastByteAt >= maxSilence;
    return waited >= averagedOver * 1000 && this.#sum(waited, seconds) < averagedOver * minRate;
  }

  /** The total time that the server has waited (ms); 0 while it is not waiting. */
  waited(now: number): number {
    return this.#waitingSince === undefined ? 0 : this.#waitedUntil(now);
  }

  /**
   * The recent rate (bytes per second of waiting). Infinity in the first second: the first chunk of a body depends on
   * buffers, so a body that has just begun must not look slower than one that stopped after a burst.
   */
  recentRate(now: number): number {
    const waited = this.#waitedUntil(now);
    if (waited < 1000) return Number.POSITIVE_INFINITY;
    return this.#sum(waited, recently) / Math.min(recently, waited / 1000);
  }

  #waitedUntil(now: number): number {
    return this.#waited + (this.#waitingSince === undefined ? 0 : Math.max(0, now - this.#waitingSince));
  }

  #sum(waited: number, last: number): number {
    const counts = this.#countsUntil(waited);
    let sum = 0;
    for (let second = this.#second; second > this.#second - last && second >= 0; second -= 1)
      sum += counts[second % seconds] ?? 0;
    return sum;
  }

  /** The counts, with zeros for the seconds that passed since the last call. */
  #countsUntil(waited: number): number[] {
    const counts = this.#bytes ?? new Array<number>(seconds).fill(0);
    this.#bytes = counts;
    const current = Math.floor(waited / 1000);
    if (current - this.#second >= seconds) counts.fill(0);
    else for (let second = this.#second + 1; second <= current; second += 1) counts[second % seconds] = 0;
    this.#second = current;
    return counts;
  }
}

/**
 * The maximum time for a body of `length` bytes that is read in one call (ms). Its progress is unknown, so only the
 * total time can be limited.
 */
export function patienceFor(length: number): number {
  return Math.max(averagedOver, length / minRate) * 1000;
}

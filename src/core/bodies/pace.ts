/** A body must bring this many bytes in each second that the server waits for it. */
const minRate = 1024;
/** Over how long that is averaged (seconds). */
const averagedOver = 30;
/** How long a body that may pause may bring nothing while the server waits for it (ms). */
const maxSilence = 120_000;
/** Over how long the rate is taken that decides which body makes room for others (seconds). */
const recently = 10;
/** One second more than the average needs: the current second is not over. */
const seconds = averagedOver + 1;

/**
 * How fast a body comes. Its clock runs only while the server waits for bytes: a slow store is not the client's
 * fault. All times are milliseconds of the core's clock.
 */
export class Pace {
  readonly #mayPause: boolean;
  #waited = 0;
  #waitingSince: number | undefined;
  #lastByteAt = 0;
  /** Bytes in each of the last seconds of waiting, by the second modulo their number. */
  #bytes: number[] | undefined;
  #second = 0;

  /** @param mayPause Whether the body is a pipe's, which must not be silent for too long but has no least rate. */
  constructor(mayPause: boolean) {
    this.#mayPause = mayPause;
  }

  /** The server begins to wait for bytes. */
  wait(now: number): void {
    this.#waitingSince = now;
  }

  /** The wait is over, and has brought so many bytes. */
  arrived(bytes: number, now: number): void {
    this.#waited = this.#waitedUntil(now);
    this.#waitingSince = undefined;
    this.#lastByteAt = this.#waited;
    const counts = this.#countsUntil(this.#waited);
    counts[this.#second % seconds] = (counts[this.#second % seconds] ?? 0) + bytes;
  }

  /** Whether the body comes so slowly that the server need not wait any longer. */
  isTooSlow(now: number): boolean {
    if (this.#waitingSince === undefined) return false;
    const waited = this.#waitedUntil(now);
    if (this.#mayPause) return waited - this.#lastByteAt >= maxSilence;
    return waited >= averagedOver * 1000 && this.#sum(waited, seconds) < averagedOver * minRate;
  }

  /** How long the server has waited in all (ms); 0 while it does not wait. */
  waited(now: number): number {
    return this.#waitingSince === undefined ? 0 : this.#waitedUntil(now);
  }

  /** Bytes per second of waiting, lately. */
  recentRate(now: number): number {
    const waited = this.#waitedUntil(now);
    return this.#sum(waited, recently) / Math.min(recently, Math.max(1, waited / 1000));
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

  /** The counts, with the seconds emptied that went by since they were last looked at. */
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
 * How long a body of so many bytes may take that is read at once (ms). Nobody sees how many of them came: past
 * this time they were too slow, however they came.
 */
export function patienceFor(length: number): number {
  return Math.max(averagedOver, length / minRate) * 1000;
}

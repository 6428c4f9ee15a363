import type { Clock, Timers } from '../ports/clock.ts';

/** How often the database is called within a lease time, and for which part of it it may not answer. */
const callsPerLease = 12;
const longestSilence = 1 / 3;

type ContactDeps = {
  /** Resolves if the database answers. */
  ping: () => Promise<void>;
  clock: Clock;
  timers: Timers;
  /** The shortest lease time (ms). */
  leaseTime: number;
};

/**
 * Knows since when this process and the database have been in contact. After an outage the leases of others may have
 * ended only because their holders could not renew them: they get one lease time to do so, before anybody claims what
 * they hold. Holders renew three times in a lease time, so a shorter silence ends no lease. An outage of the database
 * and a pause of this process look the same from here.
 */
export class Contact {
  readonly #deps: ContactDeps;
  #since: number;
  #last: number;

  /** Contact begins now: whether the database was away before is not known. */
  constructor(deps: ContactDeps) {
    this.#deps = deps;
    this.#since = this.#last = deps.clock();
  }

  /** Calls the database now and then, until the returned function is called. */
  watch(): () => void {
    const { timers, leaseTime, ping } = this.#deps;
    return timers.every(leaseTime / callsPerLease, () => {
      ping().then(
        () => this.#answered(),
        () => undefined,
      );
    });
  }

  /**
   * The time (ms since the epoch) by which a lease must have ended before another process may claim it: now, or after
   * an outage a time before all leases.
   *
   * @param leaseTime For how long each renewal extends these leases (ms).
   */
  leasesEndedBy(leaseTime: number): number {
    const now = this.#deps.clock();
    const isInContact = now - this.#last <= this.#silence && now - this.#since >= leaseTime;
    return isInContact ? now : 0;
  }

  #answered(): void {
    const now = this.#deps.clock();
    if (Math.abs(now - this.#last) > this.#silence) this.#since = now;
    this.#last = now;
  }

  get #silence(): number {
    return this.#deps.leaseTime * longestSilence;
  }
}

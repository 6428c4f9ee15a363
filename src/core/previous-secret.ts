import type { Clock } from './ports/clock.ts';

/** How long signatures of the previous secret stay valid after the change (ms), the maximum life of a signed URL. */
const acceptedFor = 7 * 86_400_000;

/** The previous secret of the server, which still verifies signatures for a while after the change. */
export class PreviousSecret {
  readonly #secret: string | undefined;
  readonly #clock: Clock;
  #until = Number.NEGATIVE_INFINITY;

  constructor(secret: string | undefined, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** Accepts it for seven days from this time (ms since the epoch). */
  changedAt(time: number): void {
    this.#until = time + acceptedFor;
  }

  /** Undefined if there is none, or if it is no longer accepted. */
  get value(): string | undefined {
    return this.#clock() < this.#until ? this.#secret : undefined;
  }
}

import type { Clock } from './ports/clock.ts';

/** How long what the previous secret signed is good after the change (ms): nothing that is signed lasts longer. */
const acceptedFor = 7 * 86_400_000;

/** The secret that the server had before, for what it signed and is still out. */
export class PreviousSecret {
  readonly #secret: string | undefined;
  readonly #clock: Clock;
  #until = Number.NEGATIVE_INFINITY;

  constructor(secret: string | undefined, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** Has it accepted for seven days from when the secret was changed (ms since the epoch). */
  changedAt(time: number): void {
    this.#until = time + acceptedFor;
  }

  /** Undefined where there is none, or its time is over. */
  get value(): string | undefined {
    return this.#clock() < this.#until ? this.#secret : undefined;
  }
}

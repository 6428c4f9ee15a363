import { requestTimeout } from '../failure.ts';
import { type BodyBudgets, longAfter } from './open-body.ts';
import { patienceFor } from './pace.ts';
import { type Uploader, UploadPlace } from './upload-place.ts';

export type SmallBodyOrigin = Uploader & {
  /** The announced length (bytes). */
  length: number;
  /** Whether it counts against the number of concurrent uploads. */
  isUpload: boolean;
};

/**
 * A small body that the runtime reads in one call, which costs less than a stream. Its progress is unknown, so its
 * whole length counts as memory from the start.
 */
export class SmallBody {
  readonly origin: SmallBodyOrigin;
  isWhole = false;
  /** Makes the reader abort; undefined while the body is not being read. */
  abandon: ((failure: Error) => void) | undefined;
  readonly #budgets: BodyBudgets;
  readonly #openedAt: number;
  readonly #onEnd: (body: SmallBody) => void;
  #place: UploadPlace | undefined;

  constructor(origin: SmallBodyOrigin, budgets: BodyBudgets, onEnd: (body: SmallBody) => void) {
    this.origin = origin;
    this.#budgets = budgets;
    this.#openedAt = budgets.clock();
    this.#onEnd = onEnd;
  }

  /** Ends a body that is too slow. A long upload takes a place. */
  check(now: number): void {
    const age = now - this.#openedAt;
    if (age >= patienceFor(this.origin.length)) this.abandon?.(requestTimeout());
    if (!this.origin.isUpload || this.#place !== undefined || age < longAfter) return;
    this.#place = new UploadPlace(this.origin, this.#budgets);
    this.#place.takeOr((failure) => this.abandon?.(failure));
  }

  /** Releases everything that the body holds. Called once, when the request is answered. */
  end(): void {
    this.#place?.end();
    this.#onEnd(this);
  }
}

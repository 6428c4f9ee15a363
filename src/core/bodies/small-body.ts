import { requestTimeout } from '../failure.ts';
import { type BodyBudgets, long } from './open-body.ts';
import { patienceFor } from './pace.ts';
import { type Uploader, UploadPlace } from './upload-place.ts';

/** What is known of a small body when it is opened. */
export type SmallBodyOrigin = Uploader & {
  /** The announced length (bytes). */
  length: number;
  /** Whether it is an upload, of which a client may have only so many at once. */
  isUpload: boolean;
};

/**
 * A small body that the runtime reads at once, which costs less than a stream: most bodies are. Nobody sees how much
 * of it has come, so that all of it counts as memory from the beginning.
 */
export class SmallBody {
  readonly origin: SmallBodyOrigin;
  /** Whether all of it came. */
  isWhole = false;
  /** Makes the reader give it up; undefined where nobody reads. */
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

  /** Ends the wait for one that comes too slowly; one that takes long becomes an upload that counts. */
  check(now: number): void {
    const age = now - this.#openedAt;
    if (age >= patienceFor(this.origin.length)) this.abandon?.(requestTimeout());
    if (!this.origin.isUpload || this.#place !== undefined || age < long) return;
    this.#place = new UploadPlace(this.origin, this.#budgets);
    this.#place.takeOr((failure) => this.abandon?.(failure));
  }

  /** Gives back all that it has: once, when its request is answered. */
  end(): void {
    this.#place?.end();
    this.#onEnd(this);
  }
}

import { requestTimeout } from '../failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { BodyMemory, HoldingBody } from './body-memory.ts';
import { Pace } from './pace.ts';
import { UploadPlace, type UploadPlaces } from './upload-place.ts';

/** What is known of a body when it is opened. */
export type BodyOrigin = {
  /** The client address that its memory counts for. */
  client: string;
  /** The account that an upload counts for, in place of the address. */
  account: string | undefined;
  /** Whether it is an upload, of which a client may have only so many at once. */
  isUpload: boolean;
  /** The announced length in bytes, where it is known. */
  length: number | undefined;
  /** Whether it has no least rate: a pipe may be silent for a while. */
  mayPause: boolean;
  /** Is called when the body takes long, and when such a body ends: a runtime has an idle limit of its own. */
  suspendIdleLimit(): void;
  resumeIdleLimit(): void;
};

/** A body takes long when it has been open for this time (ms). */
export const long = 2000;
/** An upload that has brought this many bytes counts as one, however fast it came. */
const largeUpload = 1024 * 1024;

/** What open bodies share. */
export type BodyBudgets = UploadPlaces & { memory: BodyMemory; clock: Clock };

/** A request body that is being received: its pace, the memory it holds, and its place among the uploads. */
export class OpenBody implements HoldingBody {
  readonly origin: BodyOrigin;
  isEnded = false;
  held = 0;
  isLarge = false;
  isWhole = false;
  failure: Error | undefined;
  readonly #budgets: BodyBudgets;
  readonly #openedAt: number;
  readonly #pace: Pace;
  #size = 0;
  #isLong = false;
  #place: UploadPlace | undefined;
  #interrupt: ((failure: Error) => void) | undefined;
  readonly #onEnd: (body: OpenBody) => void;

  constructor(origin: BodyOrigin, budgets: BodyBudgets, onEnd: (body: OpenBody) => void) {
    this.origin = origin;
    this.#budgets = budgets;
    this.#openedAt = budgets.clock();
    this.#pace = new Pace(origin.mayPause);
    this.#onEnd = onEnd;
  }

  /**
   * Waits for the next bytes.
   *
   * @throws Failure `request_timeout`, `rate_limited` where the body was ended meanwhile; or what `reading` throws
   */
  wait<T>(reading: Promise<T>): Promise<T> {
    this.#pace.wait(this.#budgets.clock());
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      if (this.failure !== undefined) reject(this.failure);
      reading.then(resolve, reject);
    });
  }

  /** Bytes came that were waited for. @throws Failure `rate_limited`, or why the body was ended meanwhile */
  arrived(bytes: number): void | Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.#pace.arrived(bytes, this.#budgets.clock());
    this.#size += bytes;
    if (this.#size >= largeUpload) return this.#newPlace()?.take();
  }

  /**
   * Counts bytes of it as being in memory, until it ends.
   *
   * @throws Failure `rate_limited`, `server_busy`
   */
  hold(bytes: number): void | Promise<void> {
    return this.#budgets.memory.take(this, bytes);
  }

  /** All of it came: the clock stops. */
  complete(): void {
    this.isWhole = true;
  }

  /** How long the server has waited for its bytes in all (ms); 0 while it does not wait for any. */
  waited(): number {
    return this.isWhole ? 0 : this.#pace.waited(this.#budgets.clock());
  }

  recentRate(): number {
    return this.#pace.recentRate(this.#budgets.clock());
  }

  /** Ends a body that takes too long; one that takes long becomes an upload that counts. */
  check(now: number): void {
    if (!this.isWhole && this.#pace.isTooSlow(now)) this.fail(requestTimeout());
    if (this.failure !== undefined || this.#isLong || now - this.#openedAt < long) return;
    this.#isLong = true;
    this.origin.suspendIdleLimit();
    this.#newPlace()?.takeOr((failure) => this.fail(failure));
  }

  /** Makes the reader of the body give it up. Its memory is free from now on. */
  fail(failure: Error): void {
    this.failure = failure;
    this.#interrupt?.(failure);
    this.#budgets.memory.giveBack(this);
  }

  /** Gives back all that the body has: when its request is answered. */
  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#budgets.memory.giveBack(this);
    this.#place?.end();
    if (this.#isLong) this.origin.resumeIdleLimit();
    this.#onEnd(this);
  }

  /** An upload needs a place once it is long or large. @returns undefined where it needs none, or has one */
  #newPlace(): UploadPlace | undefined {
    if (!this.origin.isUpload || this.#place !== undefined) return undefined;
    this.#place = new UploadPlace(this.origin, this.#budgets);
    return this.#place;
  }
}

import { requestTimeout } from '../failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { BodyMemory, HoldingBody } from './body-memory.ts';
import { Pace } from './pace.ts';
import { UploadPlace, type UploadPlaces } from './upload-place.ts';

export type BodyOrigin = {
  /** The client address that the memory counts for. */
  client: string;
  /** The account that an upload counts for instead of the address. */
  account: string | undefined;
  /** Whether it counts against the number of concurrent uploads. */
  isUpload: boolean;
  /** The announced length, if known (bytes). */
  length: number | undefined;
  /** Whether it has no minimum rate: a pipe may be silent for a while. */
  mayPause: boolean;
  /** Called when the body becomes a long one and when a long body ends: the runtime has an idle limit of its own. */
  suspendIdleLimit(): void;
  resumeIdleLimit(): void;
};

/** A body that has been open for this time is a long one (ms). */
export const longAfter = 2000;
/** An upload of this size takes a place, even if it is fast (bytes). */
const largeUpload = 1024 * 1024;

export type BodyBudgets = UploadPlaces & { memory: BodyMemory; clock: Clock };

/** A request body that is being received: its pace, its memory, and its place among the uploads. */
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
   * @throws Failure `request_timeout`, `rate_limited` if the body is ended in the meantime; or what `reading` throws
   */
  wait<T>(reading: Promise<T>): Promise<T> {
    this.#pace.wait(this.#budgets.clock());
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      if (this.failure !== undefined) reject(this.failure);
      reading.then(resolve, reject);
    });
  }

  /** Records bytes that arrived. @throws Failure `rate_limited`, or the failure that ended the body */
  arrived(bytes: number): void | Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.#pace.arrived(bytes, this.#budgets.clock());
    this.#size += bytes;
    if (this.#size >= largeUpload) return this.#newPlace()?.take();
  }

  /**
   * Counts bytes as being in memory, until the body ends.
   *
   * @throws Failure `rate_limited`, `server_busy`
   */
  hold(bytes: number): void | Promise<void> {
    return this.#budgets.memory.take(this, bytes);
  }

  /** Marks the body as complete, which stops its clock. */
  complete(): void {
    this.isWhole = true;
  }

  /** The total time that the server has waited for its bytes (ms); 0 while the server is not waiting. */
  waited(): number {
    return this.isWhole ? 0 : this.#pace.waited(this.#budgets.clock());
  }

  recentRate(): number {
    return this.#pace.recentRate(this.#budgets.clock());
  }

  /** Ends a body that is too slow. A long upload takes a place. */
  check(now: number): void {
    if (!this.isWhole && this.#pace.isTooSlow(now)) this.fail(requestTimeout());
    if (this.failure !== undefined || this.#isLong || now - this.#openedAt < longAfter) return;
    this.#isLong = true;
    this.origin.suspendIdleLimit();
    this.#newPlace()?.takeOr((failure) => this.fail(failure));
  }

  /** Interrupts the reader of the body and frees its memory. */
  fail(failure: Error): void {
    this.failure = failure;
    this.#interrupt?.(failure);
    this.#budgets.memory.giveBack(this);
  }

  /** Releases everything that the body holds. Called when the request is answered. */
  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#budgets.memory.giveBack(this);
    this.#place?.end();
    if (this.#isLong) this.origin.resumeIdleLimit();
    this.#onEnd(this);
  }

  /** @returns undefined if the body needs no place, has one, or has ended: nobody would return it then */
  #newPlace(): UploadPlace | undefined {
    if (!this.origin.isUpload || this.#place !== undefined || this.isEnded) return undefined;
    this.#place = new UploadPlace(this.origin, this.#budgets);
    return this.#place;
  }
}

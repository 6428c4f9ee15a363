import { Failure, requestTimeout } from '../failure.ts';
import type { Budget, BudgetOutcome } from '../ports/limits/budget.ts';
import { andThen, type MaybePromise } from '../ports/maybe-promise.ts';

/** The maximum size of a small body (bytes). Small bodies have a memory budget of their own. */
export const smallBody = 64 * 1024;

/** A body that holds fewer bytes is not ended to free memory for others. */
const minToEnd = 4096;

const retryAfterSeconds = 10;

/** A body that holds memory. */
export interface HoldingBody {
  readonly origin: { client: string; length: number | undefined };
  /** Bytes in memory. */
  held: number;
  /** Whether they count against the budget of large bodies. */
  isLarge: boolean;
  /** Whether the body is complete. A complete body is not ended. */
  readonly isWhole: boolean;
  /** Whether the request is answered. */
  readonly isEnded: boolean;
  /** Why the body was ended. */
  readonly failure: Error | undefined;
  /** The recent rate (bytes per second). */
  recentRate(): number;
  /** Ends the body and gives its memory back. */
  fail(failure: Error): void;
}

/** The memory of request bodies: one budget for large bodies, one for small bodies. */
export class BodyMemory {
  readonly #large: Budget;
  readonly #small: Budget;
  readonly #holding = new Set<HoldingBody>();

  constructor(large: Budget, small: Budget) {
    this.#large = large;
    this.#small = small;
  }

  /**
   * Counts `more` bytes of a body, until they are given back. If the budget of large bodies is full, the slowest large
   * bodies are ended. If the budget of small bodies is full, the body counts as large: that budget counts only bytes
   * that arrived.
   *
   * @throws Failure `rate_limited` if the client would exceed its share, `server_busy` if no body can be ended
   */
  take(body: HoldingBody, more: number): MaybePromise<void> {
    if (more === 0) return;
    const { client, length = 0 } = body.origin;
    if (body.isLarge || length > smallBody || body.held + more > smallBody)
      return this.#takeLarge(body, more);
    return andThen(this.#small.take(client, more), (outcome) =>
      outcome === 'taken' ? this.#record(body, more) : this.#takeLarge(body, more),
    );
  }

  /** Gives all memory of a body back. */
  giveBack(body: HoldingBody): void {
    this.#holding.delete(body);
    if (body.held === 0) return;
    (body.isLarge ? this.#large : this.#small).giveBack(body.origin.client, body.held);
    body.held = 0;
  }

  /** Counts `bytes` of a small body of a client, until they are given back. @returns Whether there was enough memory */
  takeSmall(client: string, bytes: number): MaybePromise<boolean> {
    return andThen(this.#small.take(client, bytes), (outcome) => outcome === 'taken');
  }

  giveBackSmall(client: string, bytes: number): void {
    this.#small.giveBack(client, bytes);
  }

  #takeLarge(body: HoldingBody, more: number): MaybePromise<void> {
    let bytes = more;
    if (!body.isLarge) {
      bytes += body.held;
      this.giveBack(body);
      body.isLarge = true;
    }
    const { client } = body.origin;
    const use = (outcome: BudgetOutcome): MaybePromise<void> => {
      if (outcome === 'taken') return this.#record(body, bytes);
      const isRoomMade = outcome === 'full' && this.#endSlowest(bytes);
      if (body.failure !== undefined) throw body.failure;
      if (!isRoomMade) throw refusal(outcome);
      return andThen(this.#large.take(client, bytes), use);
    };
    return andThen(this.#large.take(client, bytes), use);
  }

  #record(body: HoldingBody, bytes: number): void {
    body.held += bytes;
    if (body.isLarge) this.#holding.add(body);
    // A shared budget may answer after the request has ended.
    if (body.isEnded) this.giveBack(body);
  }

  /**
   * Ends the slowest incomplete bodies until `bytes` are free. Skips those that hold too little to matter. Of bodies with
   * the same rate, the one that has held memory for longest is ended first.
   *
   * @returns Whether any body was ended
   */
  #endSlowest(bytes: number): boolean {
    const slowest = [...this.#holding]
      .filter(({ isWhole, held }) => !isWhole && held >= minToEnd)
      .map((body) => ({ body, rate: body.recentRate() }))
      .toSorted((one, other) => (one.rate === other.rate ? 0 : one.rate - other.rate));
    let freed = 0;
    for (const { body } of slowest) {
      if (freed >= bytes) break;
      freed += body.held;
      body.fail(
        requestTimeout('The server ran out of memory for request bodies, and this one was the slowest'),
      );
    }
    return freed > 0;
  }
}

function refusal(outcome: 'full' | 'share_exceeded'): Failure {
  return outcome === 'full'
    ? new Failure('server_busy', 'The server has no memory left for request bodies', { retryAfterSeconds })
    : new Failure('rate_limited', 'Too many bytes of request bodies from one address at once', {
        retryAfterSeconds,
      });
}

import { Failure, requestTimeout } from '../failure.ts';
import { type Budget, type BudgetOutcome, chain } from '../ports/budget.ts';

/** The most bytes of a small body, which has memory that larger ones cannot take. */
export const smallBody = 64 * 1024;

/** A body must hold so many bytes to be ended so that others have room. */
const minToEnd = 4096;

const retryAfterSeconds = 10;

/** A body that holds memory. */
export interface HoldingBody {
  readonly origin: { client: string; length: number | undefined };
  /** Bytes of it that are in memory, and whether they count as a large body's. */
  held: number;
  isLarge: boolean;
  /** Whether all of it came: then it cannot be ended any more. */
  readonly isWhole: boolean;
  /** Whether its request is answered. */
  readonly isEnded: boolean;
  /** Why it was ended. */
  readonly failure: Error | undefined;
  /** Bytes per second, lately. */
  recentRate(): number;
  /** Ends it, and gives back what it holds. */
  fail(failure: Error): void;
}

/** The memory of request bodies: a budget for large ones, and one for small ones. */
export class BodyMemory {
  readonly #large: Budget;
  readonly #small: Budget;
  /** Large bodies that hold memory. */
  readonly #holding = new Set<HoldingBody>();

  constructor(large: Budget, small: Budget) {
    this.#large = large;
    this.#small = small;
  }

  /**
   * Counts `more` bytes of a body, until it gives them back. A full budget ends the large body that came slowest
   * lately. What finds no memory among small bodies counts as large: bytes that were only announced take none from it.
   *
   * @throws Failure `rate_limited` where its client would hold more than its share, `server_busy` where all is held
   *   by bodies that cannot be ended
   */
  take(body: HoldingBody, more: number): void | Promise<void> {
    if (more === 0) return;
    const { client, length = 0 } = body.origin;
    if (body.isLarge || length > smallBody || body.held + more > smallBody)
      return this.#takeLarge(body, more);
    return chain(this.#small.take(client, more), (outcome) =>
      outcome === 'taken' ? this.#note(body, more) : this.#takeLarge(body, more),
    ) as void | Promise<void>;
  }

  /** Gives back all that a body holds. */
  giveBack(body: HoldingBody): void {
    this.#holding.delete(body);
    if (body.held === 0) return;
    (body.isLarge ? this.#large : this.#small).giveBack(body.origin.client, body.held);
    body.held = 0;
  }

  /** Counts `bytes` of a small body of a client, until they are given back. @returns Whether there was memory */
  takeSmall(client: string, bytes: number): boolean | Promise<boolean> {
    return chain(this.#small.take(client, bytes), (outcome) => outcome === 'taken');
  }

  giveBackSmall(client: string, bytes: number): void {
    this.#small.giveBack(client, bytes);
  }

  #takeLarge(body: HoldingBody, more: number): void | Promise<void> {
    let bytes = more;
    if (!body.isLarge) {
      bytes += body.held;
      this.giveBack(body);
      body.isLarge = true;
    }
    const { client } = body.origin;
    const use = (outcome: BudgetOutcome): void | Promise<void> => {
      if (outcome === 'taken') return this.#note(body, bytes);
      const isRoomMade = outcome === 'full' && this.#endSlowest(bytes);
      if (body.failure !== undefined) throw body.failure;
      if (!isRoomMade) throw refusal(outcome);
      return chain(this.#large.take(client, bytes), use) as void | Promise<void>;
    };
    return chain(this.#large.take(client, bytes), use) as void | Promise<void>;
  }

  #note(body: HoldingBody, bytes: number): void {
    body.held += bytes;
    if (body.isLarge) this.#holding.add(body);
    // The request was answered while a shared budget was asked.
    if (body.isEnded) this.giveBack(body);
  }

  /**
   * Ends the bodies with the lowest rates, of those that are still read, until they gave back so many bytes. Those that
   * hold next to nothing would make no room.
   *
   * @returns Whether any was ended
   */
  #endSlowest(bytes: number): boolean {
    const slowest = [...this.#holding]
      .filter(({ isWhole, held }) => !isWhole && held >= minToEnd)
      .map((body) => ({ body, rate: body.recentRate() }))
      .toSorted((one, other) => one.rate - other.rate);
    let freed = 0;
    for (const { body } of slowest) {
      if (freed >= bytes) break;
      freed += body.held;
      body.fail(requestTimeout('The server needs the memory of this request body, which came the slowest'));
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

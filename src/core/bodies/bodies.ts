import type { Clock, Timers } from '../ports/clock.ts';
import { andThen } from '../ports/maybe-promise.ts';
import { type BodyBudgets, type BodyOrigin, OpenBody } from './open-body.ts';
import { SmallBody, type SmallBodyOrigin } from './small-body.ts';

/** How often open bodies are checked (ms). */
const checkInterval = 1000;

/** A longer step between two readings means that the clock was set (ms). */
const maxStep = 5 * checkInterval;

/** A monotonic clock made from one that may be set: a jump must not make a body look slow. */
function steady(clock: Clock): Clock {
  let last = clock();
  let time = last;
  return () => {
    const now = clock();
    time += Math.min(Math.max(0, now - last), maxStep);
    last = now;
    return time;
  };
}

/** All request bodies that are being received. One timer checks them while there are any. */
export class Bodies {
  readonly #budgets: BodyBudgets;
  readonly #timers: Timers;
  readonly #open = new Set<OpenBody | SmallBody>();
  #stopTimer: (() => void) | undefined;

  constructor(budgets: BodyBudgets, timers: Timers) {
    this.#budgets = { ...budgets, clock: steady(budgets.clock) };
    this.#timers = timers;
  }

  /** Opens the body of a request. The caller ends the body when the request is answered. */
  open(origin: BodyOrigin): OpenBody {
    return this.#add(new OpenBody(origin, this.#budgets, (body) => this.#open.delete(body)));
  }

  /**
   * Opens a body of at most `smallBody` bytes that is read in one call. The caller ends it as with `open`. Its whole
   * length counts as memory from the start.
   *
   * @returns undefined if there is not enough memory. Use `open`, which counts bytes as they arrive.
   */
  openSmall(origin: SmallBodyOrigin): SmallBody | undefined | Promise<SmallBody | undefined> {
    return andThen(this.#budgets.memory.takeSmall(origin.client, origin.length), (isTaken) =>
      isTaken ? this.#add(new SmallBody(origin, this.#budgets, this.#endSmall)) : undefined,
    );
  }

  readonly #endSmall = (body: SmallBody): void => {
    if (this.#open.delete(body)) this.#budgets.memory.giveBackSmall(body.origin.client, body.origin.length);
  };

  #add<Body extends OpenBody | SmallBody>(body: Body): Body {
    this.#open.add(body);
    this.#stopTimer ??= this.#timers.every(checkInterval, () => this.#check());
    return body;
  }

  #check(): void {
    const now = this.#budgets.clock();
    for (const body of this.#open) body.check(now);
    if (this.#open.size > 0) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}

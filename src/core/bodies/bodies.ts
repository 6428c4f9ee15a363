import { chain } from '../ports/budget.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import { type BodyBudgets, type BodyOrigin, OpenBody } from './open-body.ts';
import { SmallBody, type SmallBodyOrigin } from './small-body.ts';

/** How often open bodies are looked at (ms). */
const checkInterval = 1000;

/** More time than this does not pass between two looks, unless the clock was set (ms). */
const maxStep = 5 * checkInterval;

/** A clock that goes on when another is set, by hours perhaps: nobody sent a body more slowly because of that. */
function steady(clock: Clock): Clock {
  let seen = clock();
  let time = seen;
  return () => {
    const now = clock();
    time += Math.min(Math.max(0, now - seen), maxStep);
    seen = now;
    return time;
  };
}

/** All request bodies that are being received. One timer checks all of them, as long as there are any. */
export class Bodies {
  readonly #budgets: BodyBudgets;
  readonly #timers: Timers;
  readonly #open = new Set<OpenBody | SmallBody>();
  #stopLooking: (() => void) | undefined;

  constructor(budgets: BodyBudgets, timers: Timers) {
    this.#budgets = { ...budgets, clock: steady(budgets.clock) };
    this.#timers = timers;
  }

  /** Opens the body of a request. The caller ends it when the request is answered. */
  open(origin: BodyOrigin): OpenBody {
    return this.#add(new OpenBody(origin, this.#budgets, (body) => this.#open.delete(body)));
  }

  /**
   * Opens a body of at most `smallBody` bytes that is read at once; it is ended like any other. All of its length
   * counts from now on.
   *
   * @returns undefined where there is no memory for all of it: then only bytes that have arrived may count.
   */
  openSmall(origin: SmallBodyOrigin): SmallBody | undefined | Promise<SmallBody | undefined> {
    return chain(this.#budgets.memory.takeSmall(origin.client, origin.length), (isTaken) =>
      isTaken ? this.#add(new SmallBody(origin, this.#budgets, this.#endSmall)) : undefined,
    );
  }

  readonly #endSmall = (body: SmallBody): void => {
    if (this.#open.delete(body)) this.#budgets.memory.giveBackSmall(body.origin.client, body.origin.length);
  };

  #add<Body extends OpenBody | SmallBody>(body: Body): Body {
    this.#open.add(body);
    this.#stopLooking ??= this.#timers.every(checkInterval, () => this.#look());
    return body;
  }

  #look(): void {
    const now = this.#budgets.clock();
    for (const body of this.#open) body.check(now);
    if (this.#open.size > 0) return;
    this.#stopLooking?.();
    this.#stopLooking = undefined;
  }
}

import type { Timers } from '../ports/clock.ts';
import { type BodyBudgets, type BodyOrigin, OpenBody } from './open-body.ts';

/** How often open bodies are looked at (ms). */
const lookEvery = 1000;

/** All request bodies that are being received. One timer looks after all of them, as long as there are any. */
export class Bodies {
  readonly #budgets: BodyBudgets;
  readonly #timers: Timers;
  readonly #open = new Set<OpenBody>();
  #stopLooking: (() => void) | undefined;

  constructor(budgets: BodyBudgets, timers: Timers) {
    this.#budgets = budgets;
    this.#timers = timers;
  }

  /** Opens the body of a request. Whoever opens it ends it when the request is answered. */
  open(origin: BodyOrigin): OpenBody {
    const body = new OpenBody(origin, this.#budgets, this.#close);
    this.#open.add(body);
    this.#stopLooking ??= this.#timers.every(lookEvery, () => this.#look());
    return body;
  }

  readonly #close = (body: OpenBody): void => {
    this.#open.delete(body);
  };

  #look(): void {
    for (const body of this.#open) body.check();
    if (this.#open.size > 0) return;
    this.#stopLooking?.();
    this.#stopLooking = undefined;
  }
}

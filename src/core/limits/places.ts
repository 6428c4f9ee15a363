import { Failure } from '../failure.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { Budget, BudgetOutcome } from '../ports/limits/budget.ts';

/** A claim to one place of a budget, for a holder. */
export type PlaceClaim = { budget: Budget; holder: string };

/** The claim that got no place, and why. */
export type RefusedClaim = PlaceClaim & { outcome: Exclude<BudgetOutcome, 'taken'> };

type Waiter = {
  claims: PlaceClaim[];
  since: number;
  begin: () => void;
  refuse: (reason: unknown) => void;
};

type QueueSettings = {
  /** The maximum length of the queue. */
  maxWaiting: number;
  /** The maximum waiting time (ms). */
  maxWait: number;
  /** Completes the error message "Too many … at once". */
  purpose: string;
  /** Frees a place that its holder does not use well. @returns Whether it freed one */
  freePlace?: (refused: RefusedClaim) => boolean;
};

/** How long a claim waits before `freePlace` is called for it (ms). */
const patience = 1000;

/** How often the queue is checked for timeouts, and for places that other processes gave back (ms). */
const checkInterval = 250;

/**
 * A bounded queue in front of budgets of places. Turn-takers are served round-robin. If the queue is too long, the
 * newest entry of the turn-taker with the most entries is refused, so that no one can fill the queue alone.
 */
export class Places {
  readonly #settings: QueueSettings;
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** By turn-taker, in the order of turns. */
  readonly #queues = new Map<string, Waiter[]>();
  #waiting = 0;
  #stopTimer: (() => void) | undefined;
  #isServing = false;
  #serveAgain = false;

  constructor(settings: QueueSettings, clock: Clock, timers: Timers) {
    this.#settings = settings;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** The length of the queue. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Waits for a place of every budget.
   *
   * @param turnTaker The client or account that it counts for in the queue.
   * @returns A function that gives all places back. Calling it again does nothing.
   * @throws Failure `rate_limited` if the queue is full, or after the maximum waiting time
   */
  async take(turnTaker: string, claims: PlaceClaim[]): Promise<() => void> {
    await new Promise<void>((begin, refuse) => {
      const queue = this.#queues.get(turnTaker) ?? [];
      queue.push({ claims, since: this.#clock(), begin, refuse });
      this.#queues.set(turnTaker, queue);
      this.#waiting += 1;
      void this.#serve();
    });
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      giveBack(claims);
      void this.#serve();
    };
  }

  /** Runs `work` with a place of every budget. @throws as `take`, and the errors of `work` */
  async during<T>(turnTaker: string, claims: PlaceClaim[], work: () => Promise<T>): Promise<T> {
    const release = await this.take(turnTaker, claims);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Never runs twice at once: a waiter that takes places only to give them back must not block another. */
  async #serve(): Promise<void> {
    this.#serveAgain = true;
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#serveAgain) {
      this.#serveAgain = false;
      for (const turnTaker of [...this.#queues.keys()])
        if (await this.#serveNextOf(turnTaker)) this.#serveAgain = true;
    }
    this.#isServing = false;
    while (this.#waiting > this.#settings.maxWaiting) this.#refuseOne();
    this.#watch();
  }

  /** @returns Whether the turn is over: the waiter got its places, or failed. */
  async #serveNextOf(turnTaker: string): Promise<boolean> {
    const queue = this.#queues.get(turnTaker);
    const next = queue?.[0];
    if (queue === undefined || next === undefined) return false;
    try {
      let refused = await takeAll(next.claims);
      const isPatient = this.#clock() - next.since < patience;
      if (refused && !isPatient && this.#settings.freePlace?.(refused)) refused = await takeAll(next.claims);
      if (refused) return false;
    } catch (error) {
      this.#remove(turnTaker, next);
      next.refuse(error);
      return true;
    }
    // It may have been refused while a shared budget answered.
    if (!this.#remove(turnTaker, next)) {
      giveBack(next.claims);
      return true;
    }
    // Moves the turn-taker to the end of the round.
    if (queue.length > 0) {
      this.#queues.delete(turnTaker);
      this.#queues.set(turnTaker, queue);
    }
    next.begin();
    return true;
  }

  #refuseOne(): void {
    // Of queues with the same length, the one whose turn comes last.
    const [longest] = [...this.#queues].reverse().sort(([, one], [, other]) => other.length - one.length);
    const newest = longest?.[1].at(-1);
    if (longest !== undefined && newest !== undefined) this.#refuse(longest[0], newest);
  }

  #checkWaiting(): void {
    const tooLate = this.#clock() - this.#settings.maxWait;
    for (const [turnTaker, queue] of [...this.#queues])
      for (const waiter of queue.filter(({ since }) => since <= tooLate)) this.#refuse(turnTaker, waiter);
    void this.#serve();
  }

  #refuse(turnTaker: string, waiter: Waiter): void {
    this.#remove(turnTaker, waiter);
    const retryAfterSeconds = Math.ceil(this.#settings.maxWait / 1000);
    const message = `Too many ${this.#settings.purpose} at once; try again later`;
    waiter.refuse(new Failure('rate_limited', message, { retryAfterSeconds }));
  }

  #remove(turnTaker: string, waiter: Waiter): boolean {
    const queue = this.#queues.get(turnTaker) ?? [];
    const index = queue.indexOf(waiter);
    if (index < 0) return false;
    queue.splice(index, 1);
    this.#waiting -= 1;
    if (queue.length === 0) this.#queues.delete(turnTaker);
    return true;
  }

  /** The timer runs only while the queue is not empty. */
  #watch(): void {
    if (this.#waiting > 0) this.#stopTimer ??= this.#timers.every(checkInterval, () => this.#checkWaiting());
    else {
      this.#stopTimer?.();
      this.#stopTimer = undefined;
    }
  }
}

/** Takes a place of each budget, or none. @returns The refused claim */
async function takeAll(claims: PlaceClaim[]): Promise<RefusedClaim | undefined> {
  const taken: PlaceClaim[] = [];
  let isComplete = false;
  try {
    for (const claim of claims) {
      const outcome = await claim.budget.take(claim.holder, 1);
      if (outcome !== 'taken') return { ...claim, outcome };
      taken.push(claim);
    }
    isComplete = true;
  } finally {
    if (!isComplete) giveBack(taken);
  }
  return undefined;
}

function giveBack(claims: PlaceClaim[]): void {
  for (const { budget, holder } of claims) budget.giveBack(holder, 1);
}

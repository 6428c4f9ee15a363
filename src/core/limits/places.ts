import { Failure } from '../failure.ts';
import type { Budget, BudgetOutcome } from '../ports/budget.ts';
import type { Clock, Timers } from '../ports/clock.ts';

/** A place that is needed of a budget, and for whom it counts. */
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
  /** How many may wait. */
  maxWaiting: number;
  /** How long each may wait (ms). */
  maxWait: number;
  /** What they wait for, as the refusal says it: "Too many … at once". */
  purpose: string;
  /** Gives a place back that somebody holds without need. @returns Whether there was one */
  freePlace?: (refused: RefusedClaim) => boolean;
};

/** How long a claim waits for a place to come free before one is freed for it (ms). */
const patience = 1000;

/** How often it is looked for what has waited too long, and for places that others gave back (ms). */
const checkInterval = 250;

/**
 * A bounded queue in front of budgets of places. Those that wait take turns: each time round, one of each turn-taker
 * begins. Where too many wait, the newest entry of the turn-taker with the most entries is refused, so that nobody
 * fills the queue alone.
 */
export class Places {
  readonly #settings: QueueSettings;
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** By turn-taker, the next first. */
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

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Takes a place of every budget, when it is its turn.
   *
   * @param turnTaker Whose turn it takes.
   * @returns Gives all places back; later calls do nothing.
   * @throws Failure `rate_limited` where too many wait, or it has waited too long
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

  /** Does something while it has a place of every budget. @throws as `take`, and what `work` throws */
  async during<T>(turnTaker: string, claims: PlaceClaim[], work: () => Promise<T>): Promise<T> {
    const release = await this.take(turnTaker, claims);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** One at a time: between two takes of one waiter, no other may find a place that is about to be given back. */
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

  /** @returns Whether its turn is over: it began, or cannot. */
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
    // It may have been refused while a budget was asked.
    if (!this.#remove(turnTaker, next)) {
      giveBack(next.claims);
      return true;
    }
    // To the end of the round.
    if (queue.length > 0) {
      this.#queues.delete(turnTaker);
      this.#queues.set(turnTaker, queue);
    }
    next.begin();
    return true;
  }

  #refuseOne(): void {
    // Of queues of the same length the last: its turn is furthest away.
    const [longest] = [...this.#queues].reverse().sort(([, one], [, other]) => other.length - one.length);
    const newest = longest?.[1].at(-1);
    if (longest !== undefined && newest !== undefined) this.#refuse(longest[0], newest);
  }

  #look(): void {
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

  /** The clock is looked at only while something waits. */
  #watch(): void {
    if (this.#waiting > 0) this.#stopTimer ??= this.#timers.every(checkInterval, () => this.#look());
    else {
      this.#stopTimer?.();
      this.#stopTimer = undefined;
    }
  }
}

/** Takes a place of each budget, or none. @returns The claim that got none */
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

import { storeAway } from '../../../core/failure.ts';

/** One caller that waits for a batch. */
type Waiting<Item, Outcome> = {
  item: Item;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
};

type BatcherOptions<Item, Outcome> = {
  /** Runs one statement for all items. @returns An outcome for each, in their order. */
  flush: (items: Item[]) => Promise<Outcome[]>;
  /**
   * Whether the error was caused by an item: the items are then run one by one, so that the others succeed. An error of
   * the connection concerns all of them.
   */
  isOfItem?: (error: unknown) => boolean;
  maxItems: number;
  /** The maximum sum of `sizeOf` of a batch. A single item may exceed it. */
  maxSize?: number;
  sizeOf?: (item: Item) => number;
};

/** The maximum length of the queue. A database that answers takes about a second for so many writes. */
const maxWaiting = 10_000;
/** All calls that are made at once can be in flight (docs/decisions.md). */
const maxInFlight = 4;
/** The share of the calls at once for which another statement starts. */
const startingShare = 1 / maxInFlight;
/** How fast a peak of calls at once is forgotten: by this share with each call. */
const forgottenShare = 1 / 200;

/** Decides when another statement starts, by how many calls were at once in recent times. */
export class Starts {
  #atOnce = 0;

  /** Notes a call. @param calls All calls that wait or are in flight, with this one. */
  note(calls: number): void {
    this.#atOnce = Math.max(calls, this.#atOnce + (calls - this.#atOnce) * forgottenShare);
  }

  /** @param inFlight The number of statements. */
  mayStart(waiting: number, inFlight: number): boolean {
    if (waiting === 0 || inFlight === maxInFlight) return false;
    return inFlight === 0 || waiting >= this.#atOnce * startingShare;
  }
}

/**
 * Calls of one kind that run as one statement: one round trip and one commit for all that wait. While one statement
 * runs, another one starts as soon as it has a quarter of the calls that are made at once. So few calls do not wait,
 * many share few commits, and the disk does not wait for calls that are still on their way.
 */
export class Batcher<Item, Outcome> {
  readonly #options: BatcherOptions<Item, Outcome>;
  readonly #starts = new Starts();
  #waiting: Waiting<Item, Outcome>[] = [];
  #inFlight = 0;
  #itemsInFlight = 0;
  #scheduled = false;

  constructor(options: BatcherOptions<Item, Outcome>) {
    this.#options = options;
  }

  /** @throws Failure `store_away` if too many calls wait; what `flush` throws */
  add(item: Item): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === maxWaiting) throw storeAway(new Error('too many writes wait'));
      this.#waiting.push({ item, resolve, reject });
      this.#starts.note(this.#waiting.length + this.#itemsInFlight);
      this.#schedule();
    });
  }

  /** Waits for the I/O events of this turn, so that a batch has every request that arrived in it. */
  #schedule(): void {
    if (this.#scheduled || !this.#starts.mayStart(this.#waiting.length, this.#inFlight)) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const batch = this.#waiting.splice(0, this.#countOfBatch());
    this.#inFlight += 1;
    this.#itemsInFlight += batch.length;
    this.#run(batch).finally(() => {
      this.#inFlight -= 1;
      this.#itemsInFlight -= batch.length;
      this.#schedule();
    });
    this.#schedule();
  }

  #countOfBatch(): number {
    const { maxItems, maxSize = Number.POSITIVE_INFINITY, sizeOf = () => 0 } = this.#options;
    let size = 0;
    for (const [count, { item }] of this.#waiting.entries()) {
      size += sizeOf(item);
      if (count === maxItems || (count > 0 && size > maxSize)) return count;
    }
    return this.#waiting.length;
  }

  async #run(batch: Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#options.flush(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as Outcome);
    } catch (error) {
      if (batch.length > 1 && this.#options.isOfItem?.(error))
        for (const one of batch) await this.#run([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}

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

/** More statements at once are not faster (docs/decisions.md). */
const maxInFlight = 2;
/** The maximum length of the queue. A database that answers takes about a second for so many writes. */
const maxWaiting = 10_000;

/**
 * Calls of one kind that run as one statement: one round trip and one commit for all that wait. While one statement
 * runs, a second one starts as soon as it has as many calls: so few calls do not wait, and many share few commits.
 */
export class Batcher<Item, Outcome> {
  readonly #options: BatcherOptions<Item, Outcome>;
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
      this.#schedule();
    });
  }

  /** Waits for the I/O events of this turn, so that a batch has every request that arrived in it. */
  #schedule(): void {
    if (this.#scheduled || !this.#mayStart()) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #mayStart(): boolean {
    const count = this.#waiting.length;
    return (
      count > 0 && (this.#inFlight === 0 || (this.#inFlight < maxInFlight && count >= this.#itemsInFlight))
    );
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

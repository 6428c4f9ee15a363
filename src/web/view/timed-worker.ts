/** How long a worker may take for one order (milliseconds). */
const patience = 1000;
/** How long its script may take to load and begin (milliseconds). */
const patienceToBegin = 20_000;

/** What a worker posts once, when it is ready for orders. */
export const ready = 'ready';

type Waiting<Order, Result> = { order: Order; settle: (result: Result | undefined) => void };

/**
 * Has a worker carry out orders, one after the other. A worker that does not answer an order within a second is ended,
 * and the next order gets a new one.
 */
export class TimedWorker<Order, Result> {
  readonly #address: () => string;
  readonly #waiting: Waiting<Order, Result>[] = [];
  #worker: Worker | undefined;
  #isReady = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(address: () => string) {
    this.#address = address;
  }

  /** @returns undefined where the worker failed, took too long, or cannot run here */
  ask(order: Order): Promise<Result | undefined> {
    return new Promise((settle) => {
      this.#waiting.push({ order, settle });
      if (this.#waiting.length === 1) this.#next();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    try {
      this.#worker ??= this.#start();
      this.#timer = setTimeout(() => this.#fail(), this.#isReady ? patience : patienceToBegin);
      if (this.#isReady) this.#worker.postMessage(first.order);
    } catch {
      this.#fail();
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#address(), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Result | typeof ready>) => {
      clearTimeout(this.#timer);
      if (data !== ready) return this.#settle(data);
      this.#isReady = true;
      this.#next();
    });
    worker.addEventListener('error', () => this.#fail());
    return worker;
  }

  #settle(result: Result | undefined): void {
    this.#waiting.shift()?.settle(result);
    this.#next();
  }

  #fail(): void {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#isReady = false;
    this.#settle(undefined);
  }
}

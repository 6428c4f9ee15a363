/** How long a worker may take for one request (milliseconds). */
const requestTimeout = 1000;
/** How long the script of a worker may take to start (milliseconds). */
const startTimeout = 20_000;

/** The message of a worker that is ready for requests. */
export const ready = 'ready';

type Waiting<WorkerRequest, Result> = {
  request: WorkerRequest;
  settle: (result: Result | undefined) => void;
};

/**
 * Runs requests in a worker, one after the other. A worker that does not respond within a second is terminated, and the
 * next request gets a new one.
 */
export class TimedWorker<WorkerRequest, Result> {
  readonly #url: () => string;
  readonly #waiting: Waiting<WorkerRequest, Result>[] = [];
  #worker: Worker | undefined;
  #isReady = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: () => string) {
    this.#url = url;
  }

  /** @returns undefined if the worker failed, took too long, or cannot run */
  run(request: WorkerRequest): Promise<Result | undefined> {
    return new Promise((settle) => {
      this.#waiting.push({ request, settle });
      if (this.#waiting.length === 1) this.#next();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    try {
      this.#worker ??= this.#start();
      this.#timer = setTimeout(() => this.#fail(), this.#isReady ? requestTimeout : startTimeout);
      if (this.#isReady) this.#worker.postMessage(first.request);
    } catch {
      this.#fail();
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#url(), { type: 'module' });
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

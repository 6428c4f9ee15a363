import { Worker } from 'node:worker_threads';

/** `RESTART` has the log overwritten from its beginning, `TRUNCATE` also empties its file. */
export type CheckpointRequest = 'RESTART' | 'TRUNCATE' | 'close';

/** After so many changed rows the log is copied into the database: some 20 MB of log for rows of 1 KiB. */
const changesPerCheckpoint = 2000;

/** Keeps the write-ahead log short, in a thread of its own (see checkpoint-worker.ts). */
export class Checkpointer {
  readonly #worker: Worker;
  readonly #waiting: (() => void)[] = [];
  #seenChanges = 0;
  #isRestarting = false;
  #isGone = false;

  constructor(file: string) {
    this.#worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), { workerData: { file } });
    this.#worker.on('message', () => this.#waiting.shift()?.());
    // Without the thread the log is copied on the connection's own, later and with a pause.
    this.#worker.on('error', () => {
      this.#isGone = true;
      for (const done of this.#waiting.splice(0)) done();
    });
    this.#worker.unref();
  }

  /** Takes note of how many rows were changed since the connection was opened. */
  changed(totalChanges: number): void {
    if (totalChanges - this.#seenChanges < changesPerCheckpoint || this.#isRestarting) return;
    this.#seenChanges = totalChanges;
    this.#isRestarting = true;
    void this.#ask('RESTART').then(() => {
      this.#isRestarting = false;
    });
  }

  /** Empties the log's file, unless somebody else has it in use. */
  truncate(): Promise<void> {
    return this.#ask('TRUNCATE');
  }

  async close(): Promise<void> {
    await this.#ask('close');
    await this.#worker.terminate();
  }

  #ask(request: CheckpointRequest): Promise<void> {
    if (this.#isGone) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting.push(done);
      this.#worker.postMessage(request);
    });
  }
}

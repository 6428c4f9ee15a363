import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { busyTimeout } from './connection.ts';

/** `RESTART` has the log overwritten from its beginning, `TRUNCATE` also empties its file. */
export type CheckpointRequest = 'RESTART' | 'TRUNCATE' | 'close';

/** After so many changed rows the log is copied into the database: some 15 MB of log for rows of 1 KiB. */
const changesPerCheckpoint = 2000;

/** Keeps the write-ahead log short, in a thread of its own (see checkpoint-worker.ts). */
export class Checkpointer {
  readonly #raw: Database.Database;
  readonly #worker: Worker;
  readonly #waiting: (() => void)[] = [];
  #seenChanges = 0;
  #isRestarting = false;
  #isGone = false;

  constructor(raw: Database.Database) {
    this.#raw = raw;
    this.#worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), {
      workerData: { file: raw.name },
    });
    this.#worker.on('message', () => this.#waiting.shift()?.());
    this.#worker.on('error', () => this.#goWithout());
    this.#worker.on('exit', () => this.#goWithout());
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
    if (!this.#isGone) await this.#ask('close');
    await this.#worker.terminate();
  }

  #ask(request: CheckpointRequest): Promise<void> {
    if (this.#isGone) return this.#checkpointHere(request);
    return new Promise((done) => {
      this.#waiting.push(done);
      this.#worker.postMessage(request);
    });
  }

  /** The thread is gone: whoever waits for it gets on, and from now on the log is copied on this thread. */
  #goWithout(): void {
    this.#isGone = true;
    for (const done of this.#waiting.splice(0)) done();
  }

  async #checkpointHere(request: CheckpointRequest): Promise<void> {
    this.#raw.pragma('busy_timeout = 0');
    try {
      this.#raw.pragma(`wal_checkpoint(${request})`);
    } catch {
      // As in the thread: the next request tries again, and the log keeps everything until then.
    } finally {
      this.#raw.pragma(`busy_timeout = ${busyTimeout}`);
    }
  }
}

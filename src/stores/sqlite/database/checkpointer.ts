import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { threadModule } from '../../../program/index.ts';
import { busyTimeout } from './connection.ts';

/** `RESTART` makes writers overwrite the log from its beginning; `TRUNCATE` also empties the file. */
export type CheckpointRequest = 'RESTART' | 'TRUNCATE' | 'close';

/** Changed rows between checkpoints: about 15 MB of log for rows of 1 KiB. */
const changesPerCheckpoint = 2000;

/** Keeps the write-ahead log short from a separate thread (see checkpoint-worker.ts). */
export class Checkpointer {
  readonly #raw: Database.Database;
  /** It starts with the first checkpoint, which most commands do not reach. */
  #worker: Worker | undefined;
  readonly #waiting: (() => void)[] = [];
  #seenChanges = 0;
  #isRestarting = false;
  #isGone = false;

  constructor(raw: Database.Database) {
    this.#raw = raw;
  }

  /** @param totalChanges The rows changed since the connection was opened. */
  changed(totalChanges: number): void {
    if (totalChanges - this.#seenChanges < changesPerCheckpoint || this.#isRestarting) return;
    this.#seenChanges = totalChanges;
    this.#isRestarting = true;
    void this.#ask('RESTART').then(() => {
      this.#isRestarting = false;
    });
  }

  /** Empties the log file, unless another connection uses it. */
  truncate(): Promise<void> {
    return this.#ask('TRUNCATE');
  }

  /** Ends the thread. A later checkpoint runs on this thread. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined && !this.#isGone) await this.#ask('close');
    this.#isGone = true;
    await worker?.terminate();
  }

  #ask(request: CheckpointRequest): Promise<void> {
    if (this.#isGone) return this.#checkpointHere(request);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((done) => {
      this.#waiting.push(done);
      worker.postMessage(request);
    });
  }

  #start(): Worker {
    const worker = new Worker(threadModule('stores/sqlite/database/checkpoint-worker'), {
      workerData: { file: this.#raw.name },
    });
    worker.on('message', () => this.#waiting.shift()?.());
    worker.on('error', () => this.#goWithout());
    worker.on('exit', () => this.#goWithout());
    worker.unref();
    return worker;
  }

  /** The thread has ended: answers pending requests, and from now on runs checkpoints on this thread. */
  #goWithout(): void {
    this.#isGone = true;
    for (const done of this.#waiting.splice(0)) done();
  }

  async #checkpointHere(request: CheckpointRequest): Promise<void> {
    this.#raw.pragma('busy_timeout = 0');
    try {
      this.#raw.pragma(`wal_checkpoint(${request})`);
    } catch {
      // As in the worker: the log keeps everything, and the next request tries again.
    } finally {
      this.#raw.pragma(`busy_timeout = ${busyTimeout}`);
    }
  }
}

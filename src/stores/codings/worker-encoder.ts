import { Worker } from 'node:worker_threads';
import type { AnswerCoding } from '../../core/ports/coding/content-coding.ts';
import type { Encoder } from '../../core/ports/coding/encoder.ts';
import { threadModule } from '../../program/index.ts';
import { encodeNow } from './encode-now.ts';

export type EncodeRequest = { coding: AnswerCoding; bytes: Uint8Array };

/** Up to this size (bytes), encoding takes 20 to 70 µs. Two messages between threads cost as much. */
const maxSizeInline = 4096;

/** Encodes large responses in a separate thread (see encode-worker.ts), which replies in the order of the calls. */
export class WorkerEncoder implements Encoder {
  #worker: Worker | undefined;
  /** The calls that wait for the current worker, in its order. Each worker has its own list. */
  #waiting: ((encoded: Uint8Array<ArrayBuffer> | undefined) => void)[] = [];

  async encode(coding: AnswerCoding, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (bytes.length <= maxSizeInline) return encodeNow(coding, bytes);
    return new Promise((resolve) => {
      this.#worker ??= this.#start();
      this.#waiting.push(resolve);
      this.#worker.postMessage({ coding, bytes } satisfies EncodeRequest);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(threadModule('stores/codings/encode-worker'));
    const waiting: ((encoded: Uint8Array<ArrayBuffer> | undefined) => void)[] = [];
    this.#waiting = waiting;
    worker.on('message', (encoded: Uint8Array<ArrayBuffer>) => waiting.shift()?.(encoded));
    const lose = () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const resolve of waiting.splice(0)) resolve(undefined);
    };
    worker.on('error', lose);
    worker.on('exit', lose);
    worker.unref();
    return worker;
  }
}

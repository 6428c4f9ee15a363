import { Worker } from 'node:worker_threads';
import type { AnswerCoding } from '../../core/content-coding.ts';
import type { Encoder } from '../../core/ports/encoder.ts';

export type EncodeRequest = { coding: AnswerCoding; bytes: Uint8Array };

/** Encodes in a thread of its own (see encode-worker.ts), which answers in the order of the calls. */
export class WorkerEncoder implements Encoder {
  readonly #waiting: ((encoded: Uint8Array<ArrayBuffer> | undefined) => void)[] = [];
  #worker: Worker | undefined;

  encode(coding: AnswerCoding, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#worker ??= this.#start();
      this.#worker.postMessage({ coding, bytes } satisfies EncodeRequest);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./encode-worker.ts', import.meta.url));
    worker.on('message', (encoded: Uint8Array<ArrayBuffer>) => this.#waiting.shift()?.(encoded));
    const lose = () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    };
    worker.on('error', lose);
    worker.on('exit', lose);
    worker.unref();
    return worker;
  }
}

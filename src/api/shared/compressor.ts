import { Worker } from 'node:worker_threads';
import type { Coding } from './content-coding.ts';

export type CompressionJob = { coding: Coding; bytes: Uint8Array };

/** How many answers may be compressed at once; others go out as they are. */
const places = 2;

/** Compresses answers off the event loop, in one thread that starts with the first of them. */
export class Compressor {
  readonly #waiting: ((compressed: Uint8Array<ArrayBuffer> | undefined) => void)[] = [];
  #taken = 0;
  #worker: Worker | undefined;

  /**
   * Compresses bytes, which `read` is called for only where there is a place.
   *
   * @returns The bytes as they are, and compressed where that worked; undefined where no place is free.
   * @throws What `read` throws.
   */
  async compress(
    coding: Coding,
    read: () => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<
    { plain: Uint8Array<ArrayBuffer>; compressed: Uint8Array<ArrayBuffer> | undefined } | undefined
  > {
    if (this.#taken >= places) return undefined;
    this.#taken += 1;
    try {
      const plain = await read();
      return { plain, compressed: await this.#ask({ coding, bytes: plain }) };
    } finally {
      this.#taken -= 1;
    }
  }

  #ask(job: CompressionJob): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#started().postMessage(job);
    });
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./compressor-worker.ts', import.meta.url));
    worker.on('message', (compressed: Uint8Array<ArrayBuffer>) => this.#waiting.shift()?.(compressed));
    // What the thread had is sent as it is, and the next answer starts another thread.
    const restart = () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    };
    worker.on('error', restart);
    worker.on('exit', restart);
    worker.unref();
    this.#worker = worker;
    return worker;
  }
}

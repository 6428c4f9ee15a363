import { Worker } from 'node:worker_threads';
import { storeAway } from '../../core/failure.ts';
import type { ContentCoding } from '../../core/ports/content-coding.ts';
import { BrokenCoding, type Decoder, type Decoders } from '../../core/ports/decoders.ts';

/**
 * What the thread is asked. `more` decodes what is left of the bytes that it was given last. `open` and `close` have no
 * reply; before the one and after the other the thread knows no decoder of the id.
 */
export type DecodeRequest =
  | { kind: 'open'; id: number; coding: ContentCoding }
  | { kind: 'close'; id: number }
  | DecodeStep;
export type DecodeStep =
  | { kind: 'write'; id: number; bytes: Uint8Array }
  | { kind: 'more' | 'end'; id: number };

type Decoded = { kind: 'decoded'; id: number; bytes: Uint8Array<ArrayBuffer>; hasMore: boolean };
export type DecodeReply = Decoded | { kind: 'broken' | 'lost'; id: number };

type Waiting = { answered: (reply: DecodeReply) => void; failed: (error: unknown) => void };

/** Decoders in a thread of their own (see decode-worker.ts), which starts with the first one. */
export class WorkerDecoders implements Decoders {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  open(coding: ContentCoding): Decoder {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    this.#lastId += 1;
    const id = this.#lastId;
    const post = (request: DecodeRequest) => worker.postMessage(request);
    post({ kind: 'open', id, coding });
    const ask = (kind: 'more' | 'end') => this.#ask(worker, { kind, id });
    const write = (bytes: Uint8Array) => this.#ask(worker, { kind: 'write', id, bytes });
    return {
      async *write(coded) {
        let reply = await write(coded);
        if (reply.bytes.length > 0) yield reply.bytes;
        while (reply.hasMore) {
          reply = await ask('more');
          if (reply.bytes.length > 0) yield reply.bytes;
        }
      },
      end: async () => void (await ask('end')),
      close: () => post({ kind: 'close', id }),
    };
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./decode-worker.ts', import.meta.url));
    const lose = (cause: unknown) => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { failed } of this.#waiting.values()) failed(storeAway(cause));
      this.#waiting.clear();
    };
    worker.on('message', (reply: DecodeReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      waiting?.answered(reply);
    });
    worker.on('error', lose);
    worker.on('exit', () => lose(new Error('the thread that decodes has ended')));
    worker.unref();
    return worker;
  }

  async #ask(worker: Worker, request: DecodeStep): Promise<Decoded> {
    // Another thread does not know what this stream began with.
    if (worker !== this.#worker) throw storeAway(new Error('the thread that decodes has ended'));
    const reply = await new Promise<DecodeReply>((answered, failed) => {
      this.#waiting.set(request.id, { answered, failed });
      worker.postMessage(request);
    });
    if (reply.kind === 'broken') throw new BrokenCoding();
    if (reply.kind !== 'decoded') throw storeAway(new Error('a decoder failed'));
    return reply;
  }
}

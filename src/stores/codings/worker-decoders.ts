import { Worker } from 'node:worker_threads';
import { storeAway } from '../../core/failure.ts';
import type { ContentCoding } from '../../core/ports/coding/content-coding.ts';
import { BrokenCoding, type Decoder, type Decoders } from '../../core/ports/coding/decoders.ts';
import { threadModule } from '../../program/index.ts';

/**
 * A message to the thread. `more` decodes the rest of the last bytes that were written. `open` and `close` have no
 * reply, and the id is valid only between them.
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

/** Decoders in a separate thread (see decode-worker.ts), which starts with the first one. */
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
    const worker = new Worker(threadModule('stores/codings/decode-worker'));
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
    worker.on('exit', () => lose(workerEnded()));
    worker.unref();
    return worker;
  }

  async #ask(worker: Worker, request: DecodeStep): Promise<Decoded> {
    // A new thread does not have the beginning of this stream.
    if (worker !== this.#worker) throw storeAway(workerEnded());
    const reply = await new Promise<DecodeReply>((answered, failed) => {
      this.#waiting.set(request.id, { answered, failed });
      worker.postMessage(request);
    });
    if (reply.kind === 'broken') throw new BrokenCoding();
    if (reply.kind !== 'decoded') throw storeAway(new Error('a decoder failed'));
    return reply;
  }
}

function workerEnded(): Error {
  return new Error('the decoder thread has ended');
}

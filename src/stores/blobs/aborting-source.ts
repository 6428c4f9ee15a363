import { Readable } from 'node:stream';

/**
 * A source that aborts the request when it fails: a request that merely ended early might be taken for a
 * whole object by a lenient store.
 */
export class AbortingSource {
  readonly controller = new AbortController();
  readonly stream: Readable;
  error: unknown;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.stream = Readable.from(this.#watched(chunks), { objectMode: false, highWaterMark: 64 * 1024 });
    // Its error is reported by whoever sends it; a listener keeps it from being thrown a second time.
    this.stream.on('error', () => undefined);
  }

  async *#watched(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      this.error = error;
      this.controller.abort();
      throw error;
    }
  }
}

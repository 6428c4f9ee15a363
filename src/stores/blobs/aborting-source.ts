import { Readable } from 'node:stream';

/**
 * A source that aborts the request when it fails. A lenient store might store a request that only ended early as a
 * complete object.
 */
export class AbortingSource {
  readonly controller = new AbortController();
  readonly stream: Readable;
  error: unknown;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.stream = Readable.from(this.#watched(chunks), { objectMode: false, highWaterMark: 64 * 1024 });
    // The sender reports the error. This listener prevents that it is thrown again.
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

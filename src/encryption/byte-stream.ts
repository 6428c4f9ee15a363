export type ByteSource = ReadableStream<Uint8Array> | Blob | Uint8Array;

/** Reads bytes of a source, and allows putting some back. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Read, but not taken. */
  #putBack: Uint8Array | undefined;

  constructor(source: ByteSource) {
    const stream =
      source instanceof ReadableStream
        ? source
        : (source instanceof Blob ? source : new Blob([source as Uint8Array<ArrayBuffer>])).stream();
    this.#reader = stream.getReader();
  }

  /** The next chunk; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const over = this.#putBack;
    this.#putBack = undefined;
    return over ?? (await this.#reader.read()).value;
  }

  /** The next `length` bytes, or fewer at the end. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const taken = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const chunk = await this.next();
      if (chunk === undefined) break;
      const piece = chunk.subarray(0, length - filled);
      taken.set(piece, filled);
      filled += piece.byteLength;
      if (piece.byteLength < chunk.byteLength) this.putBack(chunk.subarray(piece.byteLength));
    }
    return taken.subarray(0, filled);
  }

  /** Makes these bytes the next ones. Bytes put back earlier must have been read already. */
  putBack(bytes: Uint8Array): void {
    this.#putBack = bytes;
  }

  /** Cancels the source. */
  cancel(reason?: unknown): void {
    // Not awaited: how the source reacts does not matter here.
    this.#reader.cancel(reason).catch(() => undefined);
  }
}

/** A piece of a file, and whether it is the last one. */
type Block = { bytes: Uint8Array<ArrayBuffer>; isLast: boolean };

/** Cuts the rest into blocks of one length. Only the last may be shorter. Empty content has one empty block. */
export async function* blocksOf(reader: ByteReader, length: number): AsyncGenerator<Block, void> {
  let block = await reader.take(length);
  for (;;) {
    const following = block.length < length ? block.subarray(0, 0) : await reader.take(length);
    const isLast = following.length === 0;
    yield { bytes: block, isLast };
    if (isLast) return;
    block = following;
  }
}

/**
 * A stream that produces a chunk only when its reader requests one.
 *
 * @param reader The source of the chunks. It is canceled with the stream, and when the stream fails.
 */
export function streamOf<Bytes extends Uint8Array>(
  chunks: AsyncGenerator<Bytes, void>,
  reader: ByteReader,
): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          reader.cancel(error);
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

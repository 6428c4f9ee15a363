export type ByteSource = ReadableStream<Uint8Array> | Blob | Uint8Array;

/** Bytes that are read on from one place, by whoever is next. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Read, but not taken. */
  #over: Uint8Array | undefined;

  constructor(source: ByteSource) {
    const stream =
      source instanceof ReadableStream
        ? source
        : (source instanceof Blob ? source : new Blob([source as Uint8Array<ArrayBuffer>])).stream();
    this.#reader = stream.getReader();
  }

  /** What comes next, in whatever length; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const over = this.#over;
    this.#over = undefined;
    return over ?? (await this.#reader.read()).value;
  }

  /** The next so many bytes, or all that there are. */
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

  /** Has these bytes come next. Whatever was put back before must have been read. */
  putBack(bytes: Uint8Array): void {
    this.#over = bytes;
  }

  /** Leaves the rest unread. */
  cancel(reason?: unknown): void {
    // Nothing waits for it: what the source does on being left is its own.
    this.#reader.cancel(reason).catch(() => undefined);
  }
}

/** A piece of a file, and whether it is the last one. */
type Block = { bytes: Uint8Array<ArrayBuffer>; isLast: boolean };

/** The rest of the bytes in blocks of one length. Only the last may be shorter, and there always is one. */
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
 * A stream that asks for a chunk when its reader does, and for none before.
 *
 * @param reader What the chunks are made of. It is left where the stream is, or fails.
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

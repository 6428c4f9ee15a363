/**
 * What can be uploaded. A `size` (bytes) lets a large one go in parts. `stream` is called once for each upload, and what
 * it gives is read once, part by part, with no more in memory than the parts that are under way. Where there is `read`,
 * parts come by it, and those that are left out are not read at all.
 */
export type Source = Blob | Uint8Array<ArrayBuffer> | StreamSource;

export type StreamSource = {
  size?: number;
  stream(): ReadableStream<Uint8Array>;
  /** Fills `into` with what begins at `start` (bytes). */
  read?(start: number, into: Uint8Array<ArrayBuffer>): Promise<void>;
};

/** A piece of a source that can be sent as often as it takes. */
export type Piece = Blob | Uint8Array<ArrayBuffer>;

/** In bytes; undefined where it is not known. */
export function sizeOf(source: Source): number | undefined {
  return source instanceof Uint8Array ? source.byteLength : source.size;
}

/** In bytes. */
export function pieceSize(piece: Piece): number {
  return piece instanceof Blob ? piece.size : piece.byteLength;
}

/** The whole of a small source, so that it can be sent again. @throws Error where it is not as long as it says */
export async function wholeOf(source: Source): Promise<Piece> {
  if (source instanceof Blob || source instanceof Uint8Array) return source;
  const { size = 0 } = source;
  // One byte more, so that a source that is too long is found out.
  for await (const { bytes } of readInPieces(source.stream(), () => new Uint8Array(size + 1))) {
    requireLength(bytes.byteLength, size);
    return bytes;
  }
  requireLength(0, size);
  return new Uint8Array(0);
}

/** `leave` gives the memory of a piece back when it is needed no more: the next one is read into it. */
export type NumberedPiece = { number: number; body: Piece; leave?: () => void };

type PartsOptions = { isDone?: (number: number) => boolean; signal?: AbortSignal };

/**
 * The parts of a source, numbered from 1. Those of a Blob are slices, which nothing is read of here; others are read
 * one by one, as they are asked for.
 *
 * @param options.isDone Parts that are left out.
 * @param options.signal Ends a stream that is waited for.
 * @throws Error where a source is not as long as it says
 */
export async function* partsOf(
  source: Source,
  partSize: number,
  { isDone = () => false, signal }: PartsOptions = {},
): AsyncGenerator<NumberedPiece, void> {
  const size = sizeOf(source);
  const isStream = !(source instanceof Blob || source instanceof Uint8Array);
  const arrays = arraysOf(partSize);
  if (isStream && (size === undefined || source.read === undefined)) {
    let total = 0;
    for await (const { bytes, number } of readInPieces(source.stream(), arrays.take, signal)) {
      total += bytes.byteLength;
      if (size !== undefined && total > size) requireLength(total, size);
      if (isDone(number)) arrays.leave(bytes);
      else yield { number, body: bytes, leave: () => arrays.leave(bytes) };
    }
    if (size !== undefined) requireLength(total, size);
    return;
  }
  for (let start = 0, number = 1; start < (size ?? 0); start += partSize, number += 1) {
    const end = Math.min(size ?? 0, start + partSize);
    if (isDone(number)) continue;
    if (isStream) {
      const bytes = arrays.take().subarray(0, end - start);
      await source.read?.(start, bytes);
      yield { number, body: bytes, leave: () => arrays.leave(bytes) };
    } else
      yield { number, body: source instanceof Blob ? source.slice(start, end) : source.subarray(start, end) };
  }
}

/** Arrays that are used again: large ones are made faster than a runtime gives their memory back. */
function arraysOf(length: number) {
  const free: Uint8Array<ArrayBuffer>[] = [];
  return {
    take: () => free.pop() ?? new Uint8Array(length),
    leave: ({ buffer }: Uint8Array<ArrayBuffer>) => void free.push(new Uint8Array(buffer)),
  };
}

function requireLength(read: number, told: number): void {
  if (read !== told) throw new Error(`The content is not as long as it was said to be: ${told} bytes`);
}

/** A stream in pieces, each as long as the array that it is given, but for the last. Whoever stops early cancels it. */
async function* readInPieces(
  stream: ReadableStream<Uint8Array>,
  take: () => Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
): AsyncGenerator<{ number: number; bytes: Uint8Array<ArrayBuffer> }, void> {
  const reader = stream.getReader();
  const leave = () => void reader.cancel().catch(() => undefined);
  signal?.addEventListener('abort', leave, { once: true });
  let piece = take();
  let filled = 0;
  let number = 1;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) break;
      for (let at = 0; at < value.byteLength; ) {
        const taken = value.subarray(at, at + piece.byteLength - filled);
        piece.set(taken, filled);
        filled += taken.byteLength;
        at += taken.byteLength;
        if (filled < piece.byteLength) continue;
        yield { number, bytes: piece };
        piece = take();
        filled = 0;
        number += 1;
      }
    }
    if (filled > 0) yield { number, bytes: piece.subarray(0, filled) };
  } finally {
    signal?.removeEventListener('abort', leave);
    // Nothing waits for it: what the source does on being left is its own.
    leave();
  }
}

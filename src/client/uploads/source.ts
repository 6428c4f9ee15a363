/**
 * What can be uploaded. A payload is uploaded in parts only if its `size` (bytes) is known. `stream` is called once per
 * upload; only the parts that are being sent are in memory. With `read`, parts are read by position, and a resumed
 * upload does not read the uploaded ones.
 */
export type Source = Blob | Uint8Array<ArrayBuffer> | StreamSource;

export type StreamSource = {
  size?: number;
  stream(): ReadableStream<Uint8Array>;
  /** Fills `into` with the bytes from position `start` on. */
  read?(start: number, into: Uint8Array<ArrayBuffer>): Promise<void>;
};

/** A piece of a source in memory, or a Blob, that can be sent repeatedly. */
export type Piece = Blob | Uint8Array<ArrayBuffer>;

/** In bytes; undefined if unknown. */
export function sizeOf(source: Source): number | undefined {
  return source instanceof Uint8Array ? source.byteLength : source.size;
}

/** In bytes. */
export function pieceSize(piece: Piece): number {
  return piece instanceof Blob ? piece.size : piece.byteLength;
}

/** Reads a small source into memory, so that it can be sent repeatedly. @throws Error if its size is not as declared */
export async function wholeOf(source: Source): Promise<Piece> {
  if (source instanceof Blob || source instanceof Uint8Array) return source;
  const { size = 0 } = source;
  // One byte more, to detect a source that is too long.
  for await (const { bytes } of readInPieces(source.stream(), () => new Uint8Array(size + 1))) {
    requireLength(bytes.byteLength, size);
    return bytes;
  }
  requireLength(0, size);
  return new Uint8Array(0);
}

/** `leave` releases the memory of a piece, which is reused for the next one. */
export type NumberedPiece = { number: number; body: Piece; leave?: () => void };

type PartsOptions = { isDone?: (number: number) => boolean; signal?: AbortSignal };

/**
 * The parts of a source, numbered from 1. Parts of a Blob are slices, which are not read here. Others are read
 * on demand.
 *
 * @param options.isDone Whether to skip a part.
 * @param options.signal Cancels a pending read.
 * @throws Error if the size of the source is not as declared
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

/** A pool of arrays, since runtimes free the memory of large arrays late. */
function arraysOf(length: number) {
  const free: Uint8Array<ArrayBuffer>[] = [];
  return {
    take: () => free.pop() ?? new Uint8Array(length),
    leave: ({ buffer }: Uint8Array<ArrayBuffer>) => void free.push(new Uint8Array(buffer)),
  };
}

function requireLength(read: number, declared: number): void {
  if (read !== declared) throw new Error(`The content does not have its declared size of ${declared} bytes`);
}

/** Cuts a stream into pieces that fill the given arrays; only the last may be shorter. Stopping early cancels it. */
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
    // Not awaited: how the source reacts does not matter here.
    leave();
  }
}

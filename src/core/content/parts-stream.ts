import type { ByteRange } from '../ports/content/blob-store.ts';
import type { ContentPart } from '../ports/content/content.ts';
import type { Readers } from './readers.ts';

/** A part, or a range of it. */
type Piece = ContentPart & { range: ByteRange | undefined };

/**
 * Streams parts as one, or a range of them. Only one part is open at a time. The first one is opened before this
 * resolves, so that the caller can still report a missing part.
 *
 * @param range A range of the whole content. Bytes beyond its end are ignored.
 * @param readers Protects the parts that are not open yet from removal. At its limit, the stream fails.
 * @throws An error of `open` for the first part; for a later part the stream fails with it
 */
export async function partsStream(
  parts: ContentPart[],
  range: ByteRange | undefined,
  open: (key: string, range: ByteRange | undefined, size: number) => Promise<ReadableStream<Uint8Array>>,
  readers: Readers,
): Promise<ReadableStream<Uint8Array>> {
  const pieces = piecesOf(parts, range);
  const [only] = pieces;
  if (only && pieces.length === 1) return open(only.key, only.range, only.size);
  let endNow = () => release();
  const release = readers.hold(
    pieces.map(({ key }) => key),
    () => endNow(),
  );
  const openNext = async () => {
    try {
      const piece = pieces.shift();
      return piece && (await open(piece.key, piece.range, piece.size)).getReader();
    } catch (error) {
      release();
      throw error;
    }
  };
  let reader = await openNext();
  let isCancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        endNow = () => {
          isCancelled = true;
          release();
          const error = new Error('the download lasted longer than LONGEST_READ');
          controller.error(error);
          reader?.cancel(error).catch(() => undefined);
        };
      },
      async pull(controller) {
        while (reader !== undefined) {
          const { done, value } = await reader.read().catch((error: unknown) => {
            release();
            throw error;
          });
          if (isCancelled) return;
          if (!done) {
            controller.enqueue(value);
            return;
          }
          reader = await openNext();
          // The stream was cancelled while the part was being opened.
          if (isCancelled) return reader?.cancel();
        }
        release();
        controller.close();
      },
      async cancel(reason) {
        isCancelled = true;
        release();
        await reader?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The range of each part, in order, without parts that the range does not touch. */
function piecesOf(parts: ContentPart[], range: ByteRange | undefined): Piece[] {
  const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY };
  const pieces: Piece[] = [];
  let offset = 0;
  for (const { key, size } of parts) {
    const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, size - 1)];
    const isWhole = from === 0 && to === size - 1;
    if (from <= to) pieces.push({ key, size, range: isWhole ? undefined : { start: from, end: to } });
    offset += size;
  }
  return pieces;
}

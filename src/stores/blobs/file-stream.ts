import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from '../../core/ports/blob-store.ts';

/** How much is read at a time (bytes): a slow reader holds at most this and what its socket holds. */
const chunkSize = 256 * 1024;

/** Reads an open file as the reader pulls. Holding the file open keeps its bytes, should it be removed. */
export function fileStream(file: FileHandle, range?: ByteRange): ReadableStream<Uint8Array> {
  let position = range?.start ?? 0;
  const end = range === undefined ? Number.POSITIVE_INFINITY : range.end + 1;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const wanted = Math.min(chunkSize, end - position);
        const { bytesRead, buffer } = await file
          .read(new Uint8Array(wanted), 0, wanted, position)
          .catch(async (error: unknown) => {
            await file.close();
            throw error;
          });
        position += bytesRead;
        if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead));
        if (bytesRead > 0 && position < end) return;
        await file.close();
        controller.close();
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}

import { Buffer } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { type ByteRange, FileStream } from '../../core/ports/content/blob-store.ts';

/** The bytes of one read. A slow reader holds at most these, and those in its socket. */
const chunkSize = 256 * 1024;

/** Reads an open file as the reader pulls. The open file keeps its bytes if the blob is removed. */
export function fileStream(file: FileHandle, range?: ByteRange): FileStream {
  let position = range?.start ?? 0;
  const end = range === undefined ? Number.POSITIVE_INFINITY : range.end + 1;
  return new FileStream(file.fd, range, {
    async pull(controller) {
      const wanted = Math.min(chunkSize, end - position);
      // Zeroing the memory first would cost a third of the speed.
      const { bytesRead, buffer } = await file
        .read(Buffer.allocUnsafeSlow(wanted), 0, wanted, position)
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
  });
}

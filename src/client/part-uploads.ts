import { type NumberedPiece, partsOf, pieceSize, type Source } from './source.ts';
import type { Progress, UploadState } from './uploading.ts';

/** How many parts are under way at once. */
const parallel = 3;

type PartUpload = {
  source: Source;
  partSize: number;
  /** In bytes, where it is known. */
  size?: number;
  /** ETags of the parts that are there; those that come are entered. */
  parts: UploadState['parts'];
  /** Sends one part, as often as it takes, and resolves to its ETag. */
  send(part: NumberedPiece, onSent: (bytes: number) => void, signal: AbortSignal): Promise<string>;
  onProgress?: (progress: Progress) => void;
  /** Called when a part is there. */
  onPart?: () => void;
  signal?: AbortSignal;
  /** Parts that were taken from the source already, to be sent first. */
  rest?: AsyncGenerator<NumberedPiece, void>;
};

/** Sends the parts that are missing, some at once. The first one that fails for good stops the others. */
export async function sendParts(upload: PartUpload): Promise<void> {
  const { source, partSize, size, parts, signal, onProgress } = upload;
  const isDone = (number: number) => parts[number - 1]?.etag !== undefined;
  const stop = new AbortController();
  const signals = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const queue = upload.rest ?? partsOf(source, partSize, { isDone, signal: signals });
  const underWay = new Map<number, number>();
  let arrived = parts.reduce((sum, { etag }, at) => sum + (etag === undefined ? 0 : lengthAt(at, upload)), 0);
  let told = -1;
  const tell = () => {
    let sent = arrived;
    for (const bytes of underWay.values()) sent += bytes;
    if (sent === told) return;
    told = sent;
    onProgress?.({ sent, ...(size !== undefined && { total: size }) });
  };
  const work = async () => {
    for (;;) {
      // Generators queue: whoever asks is given the next part.
      const { done, value: part } = await unlessAborted(queue.next(), signals);
      if (done) return;
      const onSent = (bytes: number) => {
        underWay.set(part.number, bytes);
        tell();
      };
      const etag = await upload.send(part, onSent, signals);
      parts[part.number - 1] = { ...parts[part.number - 1], etag };
      underWay.delete(part.number);
      arrived += pieceSize(part.body);
      part.leave?.();
      tell();
      upload.onPart?.();
    }
  };
  tell();
  const workers = Array.from({ length: parallel }, () =>
    work().catch((error) => {
      stop.abort(error);
      throw error;
    }),
  );
  try {
    await Promise.all(workers);
  } catch (error) {
    await Promise.allSettled(workers);
    // Not waited for: a source that hangs would hold up the news.
    queue.return().catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * What is waited for, or the reason of the signal where that comes first. A race against one promise for the whole
 * upload would keep everything that ever won it, part by part.
 */
function unlessAborted<Value>(wanted: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    wanted.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function lengthAt(index: number, { size = 0, partSize }: PartUpload): number {
  return Math.min(partSize, size - index * partSize);
}

/** The parts, as a completion tells them. @throws Error where one is missing */
export function completed(parts: UploadState['parts']): { number: number; etag: string }[] {
  return parts.map(({ etag }, at) => {
    if (etag === undefined) throw new Error(`Part ${at + 1} of the upload is missing`);
    return { number: at + 1, etag };
  });
}

/**
 * Goes through an upload that has begun. Where it is aborted, or fails and cannot be resumed, it is taken back; that
 * nobody answers then matters no more, since what is unfinished lapses by itself.
 */
export async function orTakenBack<Result>(
  run: () => Promise<Result>,
  takeBack: () => Promise<unknown>,
  { signal, isResumable }: { signal?: AbortSignal; isResumable: boolean },
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (signal?.aborted || !isResumable) await takeBack().catch(() => undefined);
    throw error;
  }
}

/** @throws Error where the content cannot be what the upload was begun with */
export function requireSame(state: UploadState, size: number | undefined): void {
  if (state.size !== size)
    throw new Error(
      `The upload was begun with ${state.size} bytes, and these are ${size ?? 'of no known length'}`,
    );
}

/** The ETag of a part. @throws Error where pages of this origin are not told it */
export function etagOf(response: Response): string {
  const etag = response.headers.get('etag');
  if (etag === null)
    throw new Error('The storage tells no ETag: its CORS rules must expose that header to this origin');
  return etag;
}

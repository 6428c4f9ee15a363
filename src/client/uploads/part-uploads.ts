import { type NumberedPiece, partsOf, pieceSize, type Source } from './source.ts';
import type { Progress, UploadState } from './uploading.ts';

/** How many parts are sent at once. */
const parallel = 3;

type PartUpload = {
  source: Source;
  partSize: number;
  /** In bytes, if known. */
  size?: number;
  /** The ETags of uploaded parts. New ones are added here. */
  parts: UploadState['parts'];
  /** Sends one part, with retries. Resolves to its ETag. */
  send(part: NumberedPiece, onSent: (bytes: number) => void, signal: AbortSignal): Promise<string>;
  onProgress?: (progress: Progress) => void;
  /** Called after each uploaded part. */
  onPart?: () => void;
  signal?: AbortSignal;
  /** The parts, if reading the source has already begun. */
  rest?: AsyncGenerator<NumberedPiece, void>;
};

/** Sends the missing parts, several at once. The first failure stops the others. */
export async function sendParts(upload: PartUpload): Promise<void> {
  const { source, partSize, size, parts, signal, onProgress } = upload;
  const isDone = (number: number) => parts[number - 1]?.etag !== undefined;
  const stop = new AbortController();
  const signals = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const queue = upload.rest ?? partsOf(source, partSize, { isDone, signal: signals });
  const underWay = new Map<number, number>();
  let arrived = parts.reduce((sum, { etag }, at) => sum + (etag === undefined ? 0 : lengthAt(at, upload)), 0);
  let reported = -1;
  const report = () => {
    let sent = arrived;
    for (const bytes of underWay.values()) sent += bytes;
    if (sent === reported) return;
    reported = sent;
    onProgress?.({ sent, ...(size !== undefined && { total: size }) });
  };
  const work = async () => {
    for (;;) {
      // Async generators queue concurrent calls, so each worker gets a different part.
      const { done, value: part } = await unlessAborted(queue.next(), signals);
      if (done) return;
      const onSent = (bytes: number) => {
        underWay.set(part.number, bytes);
        report();
      };
      const etag = await upload.send(part, onSent, signals);
      parts[part.number - 1] = { ...parts[part.number - 1], etag };
      underWay.delete(part.number);
      arrived += pieceSize(part.body);
      part.leave?.();
      report();
      upload.onPart?.();
    }
  };
  report();
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
    // Not awaited: a source that hangs would delay the error.
    queue.return().catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Settles like the promise, or rejects with the signal's reason if the signal aborts first. `Promise.race` with one
 * promise for the whole upload would keep the result of every race in memory.
 */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function lengthAt(index: number, { size = 0, partSize }: PartUpload): number {
  return Math.min(partSize, size - index * partSize);
}

/** The parts as the request to complete lists them. @throws Error if one is missing */
export function completed(parts: UploadState['parts']): { number: number; etag: string }[] {
  return parts.map(({ etag }, at) => {
    if (etag === undefined) throw new Error(`Part ${at + 1} of the upload is missing`);
    return { number: at + 1, etag };
  });
}

/**
 * Runs an upload. If it is aborted, or fails and cannot be resumed, the upload on the server is aborted too. An error
 * of that call is ignored, since unfinished uploads expire.
 */
export async function abortOnFailure<Result>(
  run: () => Promise<Result>,
  abortUpload: () => Promise<unknown>,
  { signal, isResumable }: { signal?: AbortSignal; isResumable: boolean },
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (signal?.aborted || !isResumable) await abortUpload().catch(() => undefined);
    throw error;
  }
}

/** @throws Error if the content has another size than the upload to resume */
export function requireSame(state: UploadState, size: number | undefined): void {
  if (state.size !== size)
    throw new Error(
      `The upload to resume has ${state.size} bytes, but the content has ${size ?? 'an unknown number of'} bytes`,
    );
}

/** The ETag of a part. @throws Error if CORS hides it from this origin */
export function etagOf(response: Response): string {
  const etag = response.headers.get('etag');
  if (etag === null)
    throw new Error('The response has no ETag: the CORS rules of the storage must expose it to this origin');
  return etag;
}

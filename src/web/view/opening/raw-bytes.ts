import type { SealErrorCode } from '../../../encryption/index.ts';

/** Why content cannot be shown. Each code has a text in `opening-messages.ts`. */
export type OpeningErrorCode =
  | Exclude<SealErrorCode, 'password_needed'>
  | 'no_secret'
  | 'insecure'
  | 'gone'
  | 'away'
  | 'refused'
  | 'broken_off';

export class OpeningError extends Error {
  readonly code: OpeningErrorCode;

  constructor(code: OpeningErrorCode) {
    super(code);
    this.name = 'OpeningError';
    this.code = code;
  }
}

/** The errors after which a retry may succeed. */
export const retryable: ReadonlySet<OpeningErrorCode> = new Set(['away', 'refused', 'broken_off'] as const);

type RawBytes = {
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The reads left after this one; null if reads are not counted. */
  readsLeft: number | null;
};

/** A connection without data for this long counts as broken (milliseconds). */
const stallTimeout = 60_000;

/** Requests the bytes of a payload. @throws OpeningError `gone`, `away`, `refused` */
export async function requestRaw(url: string, signal: AbortSignal): Promise<RawBytes> {
  const connection = new AbortController();
  signal.addEventListener('abort', () => connection.abort(), { once: true });
  const timer = setTimeout(() => connection.abort(), stallTimeout);
  const response = await fetch(url, { signal: connection.signal, cache: 'no-store' })
    .catch(() => {
      throw new OpeningError('away');
    })
    .finally(() => clearTimeout(timer));
  if (response.ok) {
    const readsLeft = response.headers.get('x-reads-left');
    return {
      stream: response.body ? withStallTimeout(response.body, connection) : new Blob([]).stream(),
      readsLeft: readsLeft === null ? null : Number(readsLeft),
    };
  }
  await response.body?.cancel();
  throw new OpeningError(response.status === 404 ? 'gone' : response.status < 500 ? 'refused' : 'away');
}

/** Makes a stream fail if no bytes arrive for too long. */
function withStallTimeout(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  connection: AbortController,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        const timer = setTimeout(() => connection.abort(), stallTimeout);
        const { done, value } = await reader.read().finally(() => clearTimeout(timer));
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** The minimum time between two progress events (milliseconds). */
const progressInterval = 100;
/** The size of the blobs that are created while reading, so that the browser can move them to disk. */
const batchSize = 8 * 1024 * 1024;

/** Collects the bytes of a stream, and reports the progress. Fails if the stream fails. */
export async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onProgress: (bytes: number) => void,
): Promise<Blob> {
  const batches: Blob[] = [];
  let batch: Uint8Array<ArrayBuffer>[] = [];
  let [total, inBatch, progressAt] = [0, 0, 0];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob([...batches, ...batch]);
    batch.push(value);
    total += value.byteLength;
    inBatch += value.byteLength;
    if (inBatch >= batchSize) {
      batches.push(new Blob(batch));
      [batch, inBatch] = [[], 0];
    }
    if (performance.now() - progressAt < progressInterval) continue;
    progressAt = performance.now();
    onProgress(total);
  }
}

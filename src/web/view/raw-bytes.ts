import type { SealErrorCode } from '../../encryption/index.ts';

/** Why something cannot be shown; each has its text in `opening-messages.ts`. */
export type Problem =
  | Exclude<SealErrorCode, 'password_needed'>
  | 'no_secret'
  | 'insecure'
  | 'gone'
  | 'away'
  | 'refused'
  | 'broken_off';

export class OpeningError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem);
    this.name = 'OpeningError';
    this.problem = problem;
  }
}

/** Those after which the same may go well in a moment. */
export const passing: ReadonlySet<Problem> = new Set(['away', 'refused', 'broken_off'] as const);

type RawBytes = {
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** How many reads are left after this one; null where they are not counted. */
  readsLeft: number | null;
};

/** A connection on which nothing has come for so long is broken, though nobody has said so (milliseconds). */
const stalledAfter = 60_000;

/** Requests the bytes of a payload from their address. @throws OpeningError `gone`, `away`, `refused` */
export async function requestRaw(address: string, signal: AbortSignal): Promise<RawBytes> {
  const connection = new AbortController();
  signal.addEventListener('abort', () => connection.abort(), { once: true });
  const timer = setTimeout(() => connection.abort(), stalledAfter);
  const response = await fetch(address, { signal: connection.signal, cache: 'no-store' })
    .catch(() => {
      throw new OpeningError('away');
    })
    .finally(() => clearTimeout(timer));
  if (response.ok) {
    const readsLeft = response.headers.get('x-reads-left');
    return {
      stream: response.body ? unlessStalled(response.body, connection) : new Blob([]).stream(),
      readsLeft: readsLeft === null ? null : Number(readsLeft),
    };
  }
  await response.body?.cancel();
  throw new OpeningError(response.status === 404 ? 'gone' : response.status < 500 ? 'refused' : 'away');
}

/** A stream that fails where its next bytes are waited for too long. */
function unlessStalled(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  connection: AbortController,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        const timer = setTimeout(() => connection.abort(), stalledAfter);
        const { done, value } = await reader.read().finally(() => clearTimeout(timer));
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** The least time between two reports of progress (milliseconds). */
const reportInterval = 100;
/** Bytes that are handed over to the browser at once: it may put them on disk. */
const batchSize = 8 * 1024 * 1024;

/** Keeps the bytes of a stream, and tells how many have come. Fails as the stream does. */
export async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  report: (bytes: number) => void,
): Promise<Blob> {
  const batches: Blob[] = [];
  let batch: Uint8Array<ArrayBuffer>[] = [];
  let [total, inBatch, reportedAt] = [0, 0, 0];
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
    if (performance.now() - reportedAt < reportInterval) continue;
    reportedAt = performance.now();
    report(total);
  }
}

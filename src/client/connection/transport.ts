import { type Piece, pieceSize } from '../uploads/source.ts';
import { NetworkError } from './errors.ts';

/** A body on its way to the server. */
export type Outgoing = {
  url: string;
  method: 'PUT' | 'POST';
  headers: Record<string, string>;
  body: Piece | ReadableStream<Uint8Array>;
  /** Called with the number of bytes sent so far. */
  onSent?: (bytes: number) => void;
  signal?: AbortSignal;
};

/**
 * Sends a body and resolves to the response, whatever its status. It rejects with a NetworkError if there is none, with
 * the signal's reason if it aborts, and with the error of a stream that cannot be read.
 */
export type Transport = (outgoing: Outgoing) => Promise<Response>;

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Larger bodies report progress, in chunks of this size (bytes). */
const minWatchedBytes = 64 * 1024;

/**
 * Sends by `fetch`, which has no upload progress. For a stream, the bytes read count as sent. Bun keeps the
 * `Content-Length` header of a stream, so there every large body is sent as a stream to report progress. In other
 * runtimes a stream has no length, which S3 requires, so other bodies report only their end.
 */
export function fetchTransport(fetch: Fetch): Transport {
  const keepsLength = globalThis.navigator?.userAgent?.startsWith('Bun/') ?? false;
  return async (outgoing) => {
    const { body, headers, onSent } = outgoing;
    if (body instanceof ReadableStream) return stream(fetch, outgoing, body);
    const size = pieceSize(body);
    if (onSent && keepsLength && size >= minWatchedBytes) {
      const sized = { ...outgoing, headers: { ...headers, 'content-length': String(size) } };
      return stream(fetch, sized, body instanceof Blob ? body.stream() : streamOf(body));
    }
    const { url, method, signal } = outgoing;
    const response = await answered(fetch, url, { method, headers, body, signal });
    onSent?.(size);
    return response;
  };
}

async function stream(
  fetch: Fetch,
  { url, method, headers, onSent, signal }: Outgoing,
  body: ReadableStream<Uint8Array>,
): Promise<Response> {
  const watched = watch(body, onSent);
  // A stream requires `duplex` (Fetch Standard), which the types lack.
  const init = { method, headers, body: watched.stream, signal, duplex: 'half' };
  try {
    return await answered(fetch, url, init);
  } catch (error) {
    throw watched.failure() ?? error;
  }
}

/** Calls `fetch`. @throws NetworkError, or the signal's reason if it was aborted */
export async function answered(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    init.signal?.throwIfAborted();
    throw new NetworkError(`No response from ${new URL(url).host}`, error);
  }
}

/** A stream of bytes in memory. Unlike a Blob, it does not copy them. */
function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.subarray(at, at + minWatchedBytes));
      at += minWatchedBytes;
    },
  });
}

/** Wraps a stream to report the bytes read and the error it failed with. */
function watch(source: ReadableStream<Uint8Array>, onSent?: (bytes: number) => void) {
  const reader = source.getReader();
  let sent = 0;
  let failure: unknown;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        controller.enqueue(value);
        sent += value.byteLength;
        onSent?.(sent);
      } catch (error) {
        failure = error;
        controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { stream, failure: () => failure };
}

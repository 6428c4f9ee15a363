import { NetworkError } from './errors.ts';
import { type Piece, pieceSize } from './source.ts';

/** A body on its way to the server. */
export type Outgoing = {
  url: string;
  method: 'PUT' | 'POST';
  headers: Record<string, string>;
  body: Piece | ReadableStream<Uint8Array>;
  /** Told how many bytes of the body have been sent so far. */
  onSent?: (bytes: number) => void;
  signal?: AbortSignal;
};

/**
 * Sends a body and resolves to the answer, whatever its status. It rejects with a NetworkError where there is none, with
 * the signal's reason where that has aborted it, and with the error of a stream that cannot be read.
 */
export type Transport = (outgoing: Outgoing) => Promise<Response>;

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Bodies from here on are worth watching, and so much of them goes at once (bytes). */
const watchedFrom = 64 * 1024;

/**
 * Sends by `fetch`. That tells nothing of a body on its way; of a stream, what was read is told as sent. Bun sends a
 * stream under the length that its headers tell, so that there everything can be watched; elsewhere a stream has no
 * length, which storage asks for, and so what is no stream is told as sent at its end.
 */
export function fetchTransport(fetch: Fetch): Transport {
  const keepsLength = globalThis.navigator?.userAgent?.startsWith('Bun/') ?? false;
  return async (outgoing) => {
    const { body, headers, onSent } = outgoing;
    if (body instanceof ReadableStream) return stream(fetch, outgoing, body);
    const size = pieceSize(body);
    if (onSent && keepsLength && size >= watchedFrom) {
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
  // `duplex` is required of a stream (Fetch Standard), and the types do not know it.
  const init = { method, headers, body: watched.stream, signal, duplex: 'half' };
  try {
    return await answered(fetch, url, init);
  } catch (error) {
    throw watched.failure() ?? error;
  }
}

/** Fetches, and tells a connection that failed from an abort. @throws NetworkError, or the signal's reason */
export async function answered(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    init.signal?.throwIfAborted();
    throw new NetworkError(`No answer from ${new URL(url).host}`, error);
  }
}

/** What is in memory already is not copied, as by a Blob. */
function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.subarray(at, at + watchedFrom));
      at += watchedFrom;
    },
  });
}

/** A stream that tells how much of it was read, and why it failed where it did. */
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

import { NetworkError } from './errors.ts';
import type { Outgoing, Transport } from './transport.ts';

/** A connection on which nothing has moved for so long is broken, though nobody has said so (milliseconds). */
const stalledAfterMs = 60_000;

/**
 * Sends by XMLHttpRequest, the only way for a page to see a body go. A stream is collected first: browsers send one only
 * over HTTP/2.
 */
export function xhrTransport(stalledMs: number = stalledAfterMs): Transport {
  return async (outgoing) => {
    const { body } = outgoing;
    // Chromium sends a Blob ten times as fast as the same bytes in an array.
    const whole = body instanceof Blob ? body : await new Response(body).blob();
    outgoing.signal?.throwIfAborted();
    return send(outgoing, whole, stalledMs);
  };
}

function send(
  { url, method, headers, onSent, signal }: Outgoing,
  body: Blob,
  stalledMs: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const abort = () => {
      request.abort();
      fail(signal?.reason);
    };
    const away = (reason: string) => new NetworkError(`${reason} ${new URL(url).host}`);
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        request.abort();
        fail(away('Nothing moves on the connection to'));
      }, stalledMs);
    };
    request.open(method, url);
    request.responseType = 'arraybuffer';
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => {
      watch();
      onSent?.(loaded);
    };
    request.onload = () => {
      end();
      resolve(answerOf(request));
    };
    request.onerror = () => fail(away('No answer from'));
    signal?.addEventListener('abort', abort, { once: true });
    watch();
    request.send(body);
  });
}

/** Statuses that come without a body, and of which a `Response` allows none (Fetch Standard). */
const bodiless = new Set([204, 205, 304]);

function answerOf(request: XMLHttpRequest): Response {
  const { status } = request;
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().split('\r\n')) {
    const at = line.indexOf(': ');
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 2));
  }
  return new Response(bodiless.has(status) ? null : (request.response as ArrayBuffer), { status, headers });
}

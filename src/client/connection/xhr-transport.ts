import { NetworkError } from './errors.ts';
import type { Outgoing, Transport } from './transport.ts';

/** A connection without progress for this long counts as lost (milliseconds). */
const stallTimeoutMs = 60_000;

/**
 * Sends by XMLHttpRequest, the only API with upload progress in browsers. A stream is buffered first, since browsers
 * send streams only over HTTP/2.
 */
export function xhrTransport(stalledMs: number = stallTimeoutMs): Transport {
  return async (outgoing) => {
    const { body } = outgoing;
    // Chromium sends a Blob ten times as fast as an array.
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
    const networkError = (reason: string) => new NetworkError(`${reason} ${new URL(url).host}`);
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        request.abort();
        fail(networkError('No progress on the connection to'));
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
    request.onerror = () => fail(networkError('No response from'));
    signal?.addEventListener('abort', abort, { once: true });
    watch();
    request.send(body);
  });
}

/** Statuses for which a `Response` allows no body (Fetch Standard). */
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

import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

/** A server as a check reaches it: the address that was found for the host of its URL. */
export type Target = { url: URL; address: string; signal: AbortSignal };

/** Headers by their names in lower case. */
export type RawResponse = { status: number; headers: Map<string, string>; body: string };

export type RawRequest = {
  method?: string;
  /** The path below that of the URL. */
  path: string;
  headers?: Record<string, string | number>;
  /** What is sent of the body; `Content-Length` may announce more. */
  body?: string;
  /** Whether `100 Continue` counts as the response. */
  acceptsContinue?: boolean;
  /** How long a response may take (ms). */
  timeout?: number;
};

/** No complete response arrived in time. */
export class Silence extends Error {}

const defaultTimeout = 10_000;
/** The most that is read of a response (bytes). */
const maxResponse = 256 * 1024;

/** Connects without TLS. */
export function openPlain({ url, address }: Pick<Target, 'url' | 'address'>): Socket {
  return connect({ host: address, port: portOf(url) });
}

/** Connects with TLS. The certificate is checked by its own check, so that the others can go on. */
export function openTls({ url, address }: Pick<Target, 'url' | 'address'>): TLSSocket {
  const host = bareHost(url);
  return connectTls({
    host: address,
    port: portOf(url),
    // A number is not a name (RFC 6066, section 3).
    servername: isIP(host) ? '' : host,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
}

export function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

/** The host of a URL without the brackets of IPv6. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/**
 * Sends a request on a connection of its own, also one that `fetch` cannot send: with less body than it announces.
 * Proxies of the environment are not used, because they would be checked instead of the server.
 *
 * @throws Silence, or the error of the connection
 */
export function rawRequest(target: Target, request: RawRequest): Promise<RawResponse> {
  const { method = 'GET', path, headers = {}, body = '', acceptsContinue = false } = request;
  const { url, signal } = target;
  signal.throwIfAborted();
  const lines = Object.entries({
    host: url.host,
    'user-agent': 'mayfly-doctor',
    accept: '*/*',
    connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const base = url.pathname.replace(/\/+$/, '');
  const head = `${method} ${base}${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  const isTls = url.protocol === 'https:';
  const socket = isTls ? openTls(target) : openPlain(target);
  return new Promise<RawResponse>((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (isEnd: boolean) => {
      const response = parse(received, isEnd, acceptsContinue);
      if (response) resolve(response);
      else if (isEnd) reject(new Silence('the connection was closed without a response'));
    };
    const timeout = request.timeout ?? defaultTimeout;
    const timer = setTimeout(() => reject(new Silence(`no response within ${timeout / 1000} s`)), timeout);
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      settle(received.length >= maxResponse);
    });
    socket.on('end', () => settle(true));
    socket.on('close', () => settle(true));
    socket.on('error', (error) => {
      // A server that refuses a body may reset the connection after its response.
      settle(false);
      reject(error);
    });
    const send = () => socket.write(head + body);
    socket.once(isTls ? 'secureConnect' : 'connect', send);
    const forget = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    socket.once('close', forget);
  }).finally(() => socket.destroy());
}

/** @param isEnd Whether no more bytes follow, or will be read. */
function parse(received: Buffer, isEnd: boolean, acceptsContinue: boolean): RawResponse | undefined {
  const text = received.toString('latin1');
  // Any number of interim responses may come first (RFC 9110, section 15.2).
  for (let at = 0; ; ) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    const [statusLine = '', ...lines] = text.slice(at, Math.max(headEnd, at)).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
    if (headEnd < 0 || !status) return undefined;
    at = headEnd + 4;
    const headers = headersIn(lines);
    if (status === 100 && acceptsContinue) return { status, headers, body: '' };
    if (status < 200) continue;
    const body = received.subarray(at);
    const isChunked = /chunked/i.test(headers.get('transfer-encoding') ?? '');
    const whole = isChunked ? unchunked(body) : ofLength(body, headers.get('content-length'));
    if (whole === undefined && !isEnd) return undefined;
    return { status, headers, body: (whole ?? body).toString() };
  }
}

function headersIn(lines: string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  return headers;
}

function ofLength(body: Buffer, length: string | undefined): Buffer | undefined {
  return length !== undefined && body.length >= Number(length) ? body : undefined;
}

/** Undefined if the last chunk is missing (RFC 9112, section 7.1). */
function unchunked(body: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const line = body.subarray(at, Math.max(lineEnd, at)).toString('latin1');
    // Only digits: `parseInt` would take a sign, and a negative size would go back.
    const size = Number.parseInt(/^[0-9a-f]+/i.exec(line)?.[0] ?? '', 16);
    if (lineEnd < 0 || Number.isNaN(size) || body.length < lineEnd + 2 + size) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { literalAddress } from './resolve.ts';

export type Call = {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string;
};

/** The maximum number of a name's addresses that are tried. */
const maxAddresses = 4;
/** A larger response head ends the call (bytes). */
const maxHeadSize = 16 * 1024;

/**
 * Sends a call to the first of the addresses that accepts a connection. It connects to the address itself, so there is
 * no second lookup between the check and the connection. The name is used for Host, SNI and the check of the
 * certificate. Each call has its own connection, because an address is checked for one call only.
 *
 * @param connectTimeout How long each address has to accept a connection, TLS included (ms).
 * @returns The response, with its body unread. The signal also ends the body. @throws Error without a response.
 */
export async function exchange(
  call: Call,
  addresses: string[],
  connectTimeout: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let lastError: unknown;
  for (const address of addresses.slice(0, maxAddresses)) {
    const attempt = { connected: false };
    try {
      return await callAddress(call, address, connectTimeout, signal, attempt);
    } catch (error) {
      // Once connected, the call may have had an effect.
      if (attempt.connected || signal.aborted) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

function callAddress(
  { method, url, headers, body }: Call,
  address: string,
  connectTimeout: number,
  signal: AbortSignal,
  attempt: { connected: boolean },
): Promise<IncomingMessage> {
  const isSecure = url.protocol === 'https:';
  const options: RequestOptions & { servername?: string } = {
    method,
    host: address,
    port: url.port || (isSecure ? 443 : 80),
    path: url.pathname + url.search,
    headers: {
      ...headers,
      host: url.host,
      'user-agent': 'Mayfly',
      connection: 'close',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
    agent: false,
    maxHeaderSize: maxHeadSize,
    signal,
    // SNI allows names only (RFC 6066, section 3). A certificate for an address is checked by the host.
    ...(isSecure && literalAddress(url) === undefined ? { servername: url.hostname.replace(/\.$/, '') } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)(options, (response) => {
      // A reader gets the error from its read. Without a reader, the error must not end the process.
      response.on('error', () => undefined);
      resolve(response);
    });
    const timer = setTimeout(() => request.destroy(new Error('no connection in time')), connectTimeout);
    request.once('socket', (socket) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        attempt.connected = true;
        clearTimeout(timer);
      });
    });
    request.once('close', () => clearTimeout(timer));
    // There may be several errors, and one without a listener would end the process.
    request.on('error', reject);
    request.end(body);
  });
}

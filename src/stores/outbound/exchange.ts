import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { literalAddress } from './resolve.ts';

export type Call = {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string;
};

/** How many of a name's addresses are tried. */
const mostAddresses = 4;
/** A larger head of an answer ends the call (bytes). */
const largestHead = 16 * 1024;

/**
 * Makes a call to the first of the addresses that takes a connection. It is the address itself that is connected
 * to, so that nothing is looked up again between the check and the connection; the name goes into Host, SNI and
 * the check of the certificate. Each call has a connection of its own, which no other call was checked for.
 *
 * @param connectTimeout How long each address is given to take a connection, TLS included (ms).
 * @returns The answer, its body not yet read. The signal ends that too. @throws Error where none came.
 */
export async function exchange(
  call: Call,
  addresses: string[],
  connectTimeout: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let lastError: unknown;
  for (const address of addresses.slice(0, mostAddresses)) {
    const attempt = { connected: false };
    try {
      return await callAddress(call, address, connectTimeout, signal, attempt);
    } catch (error) {
      // Once connected the call may have had its effect.
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
    maxHeaderSize: largestHead,
    signal,
    // SNI takes names only (RFC 6066, section 3); a certificate for an address is checked by the host.
    ...(isSecure && literalAddress(url) === undefined ? { servername: url.hostname.replace(/\.$/, '') } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)(options, (answer) => {
      // Whoever reads learns of a failure from the read; where nobody does it must not end the process.
      answer.on('error', () => undefined);
      resolve(answer);
    });
    const timer = setTimeout(() => request.destroy(new Error('no connection in time')), connectTimeout);
    request.once('socket', (socket) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        attempt.connected = true;
        clearTimeout(timer);
      });
    });
    request.once('close', () => clearTimeout(timer));
    // More than one may come, and one that nobody hears would end the process.
    request.on('error', reject);
    request.end(body);
  });
}

// Servers on loopback with good or bad behavior for outgoing calls, on Bun and on Deno.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { receiverCertificate, receiverKey } from '../../support/receiver-certificate.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The port of a server with this handler. Servers end with the process. */
export async function serveHttp(handler: Handler, host = '127.0.0.1', port = 0): Promise<number> {
  const server = createServer(handler).listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The same over TLS, for the name `receiver.test`. */
export async function serveHttps(handler: Handler): Promise<number> {
  const server = createSecureServer({ key: receiverKey, cert: receiverCertificate }, handler);
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A TCP server that passes each connection to `handler` once it has read the head of a request. */
export async function serveSocket(handler: (socket: Socket) => void): Promise<number> {
  const server = createSocketServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => handler(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A server that answers every request with these bytes and closes. */
export function serveBytes(text: string): Promise<number> {
  return serveSocket((socket) => void socket.end(text));
}

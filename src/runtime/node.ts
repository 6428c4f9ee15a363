import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server as NodeServer } from 'node:http';
import type { Socket } from 'node:net';
import { FastResponse, NodeRequest, sendNodeResponse } from 'srvx/node';
import type { Listen } from './listener.ts';

/** How long a connection may be silent (seconds), except during request bodies, whose pace the core checks. */
const defaultIdleTimeout = 120;

/** A path that a URL parser would change: a segment of dots, or a backslash (WHATWG URL Standard, "path state"). */
const changedPath = /\\|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * Serves by `node:http`. srvx makes a `Request` of each message, and sends the `Response`. Its own class of responses
 * keeps a body in memory as it is, and so knows its length; the stream that Node makes of it has none.
 */
export const listen: Listen = async (
  server,
  { host, port, idleTimeout = defaultIdleTimeout, sharesPort = false },
) => {
  // Its type lacks two static methods, which it has.
  globalThis.Response = FastResponse as typeof Response;
  const sockets = new WeakMap<Request, Socket>();
  const limitSilence = (request: Request, seconds: number) =>
    sockets.get(request)?.setTimeout(seconds * 1000);
  const hooks = {
    suspendIdleLimit: (request: Request) => limitSilence(request, 0),
    resumeIdleLimit: (request: Request) => limitSilence(request, idleTimeout),
    beforeParsing: () => undefined,
  };
  const http = createServer(
    // The core decides how long a body may take. The limit for headers is one minute.
    { requestTimeout: 0, keepAliveTimeout: idleTimeout * 1000 },
    async (incoming, outgoing) => {
      const { socket } = incoming;
      const sentPath = prepareTarget(incoming);
      const request: Request = new NodeRequest({ req: incoming, res: outgoing });
      sockets.set(request, socket);
      const response = await server.handle(request, socket.remoteAddress ?? '', hooks, sentPath);
      await sendNodeResponse(outgoing, response).catch(() => socket.destroy());
    },
  );
  http.setTimeout(idleTimeout * 1000);
  // Without a listener, Node closes the connection without a response.
  http.on('connect', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
  http.listen({ host, port, reusePort: sharesPort });
  await once(http, 'listening');
  return {
    port: portOf(http) ?? port,
    stop: async () => {
      http.close();
      await once(http, 'close');
    },
    closeIdleConnections: () => http.closeIdleConnections(),
  };
};

/**
 * Node reads the bytes of a target as Latin-1; they become percent-encoded, so that UTF-8 stays UTF-8.
 *
 * @returns The path as the client sent it, if a URL parser would change it.
 */
function prepareTarget(incoming: IncomingMessage): string | undefined {
  const target = (incoming.url ?? '/').replace(/[\x80-\xff]/g, encodedByte);
  incoming.url = target;
  const [path = ''] = target.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1);
  return changedPath.test(path) ? path : undefined;
}

function encodedByte(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16)}`;
}

function portOf(http: NodeServer): number | undefined {
  const address = http.address();
  return typeof address === 'object' ? address?.port : undefined;
}

import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server as NodeServer,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FastResponse, NodeRequest, sendNodeResponse } from 'srvx/node';
import type { Listen } from './listener.ts';

/** How long a connection may be silent (seconds), except during request bodies, whose pace the core checks. */
const defaultIdleTimeout = 120;

/** How long the headers of a request may take (ms). */
const headersTimeout = 60_000;

/** How many requests of a connection may wait for their responses. Node would begin as many as arrive. */
const maxPipelined = 16;

/** The bytes of large bodies after which garbage is collected. By itself, the engine lets more than 300 MiB gather. */
const collectEvery = 32 * 1024 * 1024;

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
  // Commands without a server keep Node's. Its type lacks two static methods, which it has.
  globalThis.Response = FastResponse as unknown as typeof Response;
  const connections = new Connections();
  const sockets = new WeakMap<Request, Socket>();
  const limitSilence = (request: Request, seconds: number) =>
    sockets.get(request)?.setTimeout(seconds * 1000);
  const collect = garbageCollector();
  let parsed = 0;
  const hooks = {
    suspendIdleLimit: (request: Request) => limitSilence(request, 0),
    resumeIdleLimit: (request: Request) => limitSilence(request, idleTimeout),
    beforeParsing(bytes: number) {
      parsed += bytes;
      if (parsed < collectEvery) return;
      parsed = 0;
      collect();
    },
  };
  const http = createServer(
    // The core decides how long a body may take. Without a limit for bodies, Node has none for headers by default.
    { requestTimeout: 0, headersTimeout, keepAliveTimeout: idleTimeout * 1000 },
    async (incoming, outgoing) => {
      const { socket, url = '/' } = incoming;
      const refusal = refusalOf(incoming);
      if (refusal !== undefined) {
        outgoing.writeHead(refusal, { connection: 'close' }).end();
        return;
      }
      await connections.begin(socket, outgoing);
      if (socket.destroyed) return;
      const request: Request = new NodeRequest({ req: incoming, res: outgoing });
      sockets.set(request, socket);
      const response = await server.handle(request, socket.remoteAddress ?? '', hooks, sentPath(url));
      await sendNodeResponse(outgoing, response).catch(() => socket.destroy());
    },
  );
  http.setTimeout(idleTimeout * 1000);
  http.on('connection', (socket) => connections.add(socket));
  // Without a listener, Node closes the connection without a response.
  http.on('connect', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
  http.listen({ host, port, reusePort: sharesPort });
  await once(http, 'listening');
  return {
    port: portOf(http) ?? port,
    async stop() {
      const closed = once(http, 'close');
      http.close();
      connections.closeWhenIdle();
      await closed;
    },
    closeIdleConnections: () => http.closeIdleConnections(),
  };
};

/** The requests in flight of each connection. Node does not regard a connection as idle before its first request. */
class Connections {
  readonly #connections = new Map<Socket, { requests: number; lastAnswer?: Promise<void> }>();
  #isClosing = false;

  add(socket: Socket): void {
    this.#connections.set(socket, { requests: 0 });
    socket.once('close', () => this.#connections.delete(socket));
  }

  /**
   * Node begins all requests that have arrived, so one connection could open every file and fill the memory. Each has
   * to wait here until those before it are answered, and a connection with too many is closed.
   */
  begin(socket: Socket, outgoing: ServerResponse): Promise<void> | undefined {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return undefined;
    connection.requests += 1;
    if (connection.requests > maxPipelined) socket.destroy();
    const { lastAnswer } = connection;
    connection.lastAnswer = new Promise((resolve) => {
      outgoing.once('close', () => {
        connection.requests -= 1;
        if (this.#isClosing && connection.requests === 0) socket.destroySoon();
        resolve();
      });
    });
    return lastAnswer;
  }

  /** Closes each connection as soon as it has no request in flight. */
  closeWhenIdle(): void {
    this.#isClosing = true;
    for (const [socket, { requests }] of this.#connections) if (requests === 0) socket.destroySoon();
  }
}

/**
 * The status for a request that Node accepts, and that has no meaning here: another version of HTTP, a transfer coding
 * that nothing decodes (RFC 9112, section 6.1), or a target of another form. srvx would serve the root for some.
 */
function refusalOf({ url = '/', headers, httpVersionMajor }: IncomingMessage): number | undefined {
  if (httpVersionMajor !== 1) return 505;
  if (!/^chunked$/i.test(headers['transfer-encoding'] ?? 'chunked')) return 501;
  return /^(?:\/|\*$)/.test(url) || (/^https?:\/\//i.test(url) && URL.canParse(url)) ? undefined : 400;
}

/** Node has this function only with a flag, which applies to contexts that are made later. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** The path as the client sent it, if the URL parser changes it. */
function sentPath(target: string): string | undefined {
  const [path = ''] = target.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1);
  return changedPath.test(path) ? path : undefined;
}

function portOf(http: NodeServer): number | undefined {
  const address = http.address();
  return typeof address === 'object' ? address?.port : undefined;
}

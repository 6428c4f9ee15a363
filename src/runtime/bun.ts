import { existsSync } from 'node:fs';
import { fileBehind } from '../server/index.ts';
import type { Listen } from './listener.ts';
import { answerUnmatched, sentPathRoutes } from './sent-paths.ts';

/** How long a connection may be silent (seconds), except during request bodies, whose pace the core checks. */
const defaultIdleTimeout = 120;

/**
 * The bytes of large bodies after which garbage is collected. By itself, the engine collects so late that sixty
 * consecutive bodies of 16 MiB took 600 MiB.
 */
const collectEvery = 8 * 1024 * 1024;

export const listen: Listen = async (
  server,
  { host, port, maxBodySize, idleTimeout = defaultIdleTimeout, sharesPort = false },
) => {
  let parsed = 0;
  const hooks = {
    suspendIdleLimit: (request: Request) => bun.timeout(request, 0),
    resumeIdleLimit: (request: Request) => bun.timeout(request, idleTimeout),
    beforeParsing(bytes: number) {
      parsed += bytes;
      if (parsed < collectEvery) return;
      parsed = 0;
      Bun.gc(true);
    },
  };
  const answer = async (request: Request, self: Bun.Server<undefined>, sentPath?: string) => {
    const peer = self.requestIP(request)?.address ?? '';
    const response = await server.handle(request, peer, hooks, sentPath);
    return sentBySystem(request, response) ?? response;
  };
  const bun = Bun.serve({
    hostname: host,
    port,
    idleTimeout,
    maxRequestBodySize: maxBodySize,
    // Otherwise a second process must fail on a used port, and not share it silently.
    reusePort: sharesPort,
    routes: sentPathRoutes(answer, server.basePath),
    fetch: answerUnmatched(answer, server.basePath),
    error: () => new Response(null, { status: 500, headers: { 'x-content-type-options': 'nosniff' } }),
  });
  return {
    port: bun.port ?? port,
    stop: () => bun.stop(),
    closeIdleConnections: () => bun.closeIdleConnections(),
  };
};

/** A folder with a name for each open file, by which it can be opened again even after it was removed (proc(5)). */
const descriptors = '/proc/self/fd';
const hasDescriptors = existsSync(descriptors);

/**
 * The same response, but the system sends the file; undefined if the body is not a file. This is faster, uses no memory
 * of the process, and has a Content-Length, which Bun omits for any other stream (oven-sh/bun#10507).
 */
function sentBySystem(request: Request, response: Response): Response | undefined {
  const stream = fileBehind(response);
  if (stream === undefined || !hasDescriptors) return undefined;
  // Bun would cut the file to the requested range, although we have decided to send all of it.
  if (response.status === 200 && request.headers.has('range')) return undefined;
  const file = Bun.file(`${descriptors}/${stream.descriptor}`);
  const { range } = stream;
  const headers = new Headers(response.headers);
  // Otherwise Bun adds one with the name of the file.
  if (!headers.has('content-disposition')) headers.set('content-disposition', 'inline');
  // Bun opens the file as soon as it has the response, before other code can run.
  setImmediate(() => stream.cancel().catch(() => undefined));
  return new Response(range ? file.slice(range.start, range.end + 1) : file, {
    status: response.status,
    headers,
  });
}

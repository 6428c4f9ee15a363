import { existsSync } from 'node:fs';
import { fileBehind } from '../server/index.ts';
import type { Listen } from './listener.ts';
import { answerUnmatched, sentPathRoutes } from './sent-paths.ts';

/** How long a connection may be silent (seconds), except during request bodies, whose pace the core watches. */
const usualIdleTimeout = 120;

/**
 * After so many bytes of large bodies garbage is collected. By itself the engine collects so late that sixty bodies of
 * 16 MiB, one after the other, took 600 MiB.
 */
const collectEvery = 8 * 1024 * 1024;

export const listen: Listen = async (server, { host, port, largestBody, idleTimeout = usualIdleTimeout }) => {
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
    maxRequestBodySize: largestBody,
    // A second process must fail on a taken port, and not share it in silence.
    reusePort: false,
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

/** Where an open file has a name that it can be opened by once more, also when it was removed meanwhile (proc(5)). */
const descriptors = '/proc/self/fd';
const hasDescriptors = existsSync(descriptors);

/**
 * The same answer with the system sending the file, where its body is one: faster, in no memory of ours, and with
 * a Content-Length, which Bun leaves out before any other stream (oven-sh/bun#10507).
 */
function sentBySystem(request: Request, answer: Response): Response | undefined {
  const stream = fileBehind(answer);
  if (stream === undefined || !hasDescriptors) return undefined;
  // Bun would cut a whole file to the range that was asked for, though we have decided for the whole.
  if (answer.status === 200 && request.headers.has('range')) return undefined;
  const file = Bun.file(`${descriptors}/${stream.descriptor}`);
  const { range } = stream;
  const headers = new Headers(answer.headers);
  // Bun would name the file here.
  if (!headers.has('content-disposition')) headers.set('content-disposition', 'inline');
  // Bun opens it as soon as it has the answer, before anything else may run.
  setImmediate(() => stream.cancel().catch(() => undefined));
  return new Response(range ? file.slice(range.start, range.end + 1) : file, {
    status: answer.status,
    headers,
  });
}

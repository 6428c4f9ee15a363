import type { Listen } from './listener.ts';

/** How long a connection may be silent (seconds): long enough for a store to finish a large upload. */
const idleTimeout = 120;

export const listen: Listen = async (server, { host, port, largestBody }) => {
  const bun = Bun.serve({
    hostname: host,
    port,
    idleTimeout,
    maxRequestBodySize: largestBody,
    // A second process must fail on a taken port, and not share it in silence.
    reusePort: false,
    fetch: (request, self) => server.handle(request, self.requestIP(request)?.address ?? ''),
    error: () => new Response(null, { status: 500 }),
  });
  return { port: bun.port ?? port, stop: () => bun.stop() };
};

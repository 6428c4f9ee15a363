import type { Listen } from './listener.ts';

/** The part of Deno's own API that is used here; its types would clash with Bun's. */
declare const Deno: {
  serve(
    options: { hostname: string; port: number; onListen(): void },
    handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void> };
};

export const listen: Listen = async (server, { host, port }) => {
  const http = Deno.serve({ hostname: host, port, onListen: () => undefined }, (request, info) =>
    server.handle(request, info.remoteAddr.hostname),
  );
  return { port: http.addr.port, stop: () => http.shutdown() };
};

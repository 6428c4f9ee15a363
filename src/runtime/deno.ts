import type { Listen } from './listener.ts';

/** The subset of Deno's API that is used here; Deno's own types would conflict with Bun's. */
declare const Deno: {
  serve(
    options: { hostname: string; port: number; onListen(): void },
    handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void> };
};

export const listen: Listen = async (server, { host, port }) => {
  const inFlight = new Set<Promise<Response>>();
  let stopping = false;
  const http = Deno.serve({ hostname: host, port, onListen: () => undefined }, (request, info) => {
    if (stopping && request.body !== null) return Promise.resolve(refusal());
    const answer = server.handle(request, info.remoteAddr.hostname);
    inFlight.add(answer);
    return answer.finally(() => inFlight.delete(answer));
  });
  // `shutdown` aborts request bodies that are still being read (Deno 2.9.6), so wait for them first and accept no new
  // ones. `shutdown` then lets responses finish.
  const stop = async () => {
    stopping = true;
    await Promise.allSettled(inFlight);
    await http.shutdown();
  };
  return { port: http.addr.port, stop };
};

function refusal(): Response {
  return Response.json(
    { error: 'The server is stopping' },
    {
      status: 503,
      headers: { 'retry-after': '5', connection: 'close', 'x-content-type-options': 'nosniff' },
    },
  );
}

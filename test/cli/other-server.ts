/** A server that is not Mayfly, with responses from a test. */
export type OtherServer = { url: string; stop(): Promise<void> };

export function startOtherServer(answer: (request: Request) => Response | Promise<Response>): OtherServer {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answer });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

/** A response to HEAD and GET of a payload. */
export function contentAnswer(
  { method }: Request,
  body: string | ReadableStream<Uint8Array>,
  headers: Record<string, string>,
): Response {
  return new Response(method === 'HEAD' ? null : body, {
    headers: { 'content-type': 'text/plain', ...headers },
  });
}

/** Bytes that never end, but arrive slowly enough not to block the event loop. */
export function endless(onPull: () => void = () => undefined): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      onPull();
      await Bun.sleep(1);
      controller.enqueue(new Uint8Array(16 * 1024).fill(65));
    },
  });
}

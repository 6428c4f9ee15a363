/** A server that is no Mayfly, and answers what a test says. */
export type OtherServer = { url: string; stop(): Promise<void> };

export function startOtherServer(answer: (request: Request) => Response | Promise<Response>): OtherServer {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answer });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

/** An answer to HEAD and GET of a payload. */
export function contentAnswer(
  { method }: Request,
  body: string | ReadableStream<Uint8Array>,
  headers: Record<string, string>,
): Response {
  return new Response(method === 'HEAD' ? null : body, {
    headers: { 'content-type': 'text/plain', ...headers },
  });
}

/** Bytes that never end, and come slowly enough for everybody to breathe. */
export function endless(onAsked: () => void = () => undefined): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      onAsked();
      await Bun.sleep(1);
      controller.enqueue(new Uint8Array(16 * 1024).fill(65));
    },
  });
}

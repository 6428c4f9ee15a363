import { createServer, connect as dial, type Socket } from 'node:net';
import { endWithRun } from '../support/end-with-run.ts';
import { freePort } from '../support/ports.ts';

export type BreakingProxy = {
  url: string;
  /** How many bytes of answers have gone by. */
  readonly passed: number;
  /** After so many more bytes of answers the connection that brings them is reset; once for each number. */
  breakAfter(...bytes: number[]): void;
  stop(): void;
};

/** A way to the server on `port` by which answers break off where a test says so. */
export async function startBreakingProxy(port: number): Promise<BreakingProxy> {
  const open = new Set<Socket>();
  const limits: number[] = [];
  let passed = 0;
  const server = createServer((client) => {
    const upstream = dial(port, '127.0.0.1');
    const close = () => {
      for (const socket of [client, upstream]) {
        open.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', close).on('close', close);
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk: Buffer) => {
      const room = (limits[0] ?? Number.POSITIVE_INFINITY) - passed;
      const fitting = chunk.subarray(0, Math.max(0, room));
      passed += fitting.length;
      const isOver = fitting.length < chunk.length;
      if (isOver) limits.shift();
      client.write(fitting, () => isOver && close());
    });
  });
  const listening = await freePort();
  await new Promise<void>((resolve) => server.listen(listening, '127.0.0.1', resolve));
  const stop = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  const forget = endWithRun(stop);
  return {
    url: `http://127.0.0.1:${listening}`,
    get passed() {
      return passed;
    },
    breakAfter: (...bytes) => {
      let at = passed;
      for (const more of bytes) {
        at += more;
        limits.push(at);
      }
    },
    stop() {
      forget();
      stop();
    },
  };
}

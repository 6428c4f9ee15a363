import { createServer, connect as dial, type Socket } from 'node:net';
import { endWithRun } from '../support/end-with-run.ts';
import { freePort } from '../support/ports.ts';

export type CuttingProxy = {
  url: string;
  /** Where it passes connections on to. */
  target: number;
  /** Cuts, and how many bytes it has passed to the server. */
  readonly cuts: number;
  readonly passed: number;
  /** Whichever connection brings the bytes past this many more is reset. */
  cutAfter(...bytes: number[]): void;
  /** When these many more bytes have passed, nothing goes on over the connections that are open, and nobody is told. */
  stallAfter(bytes: number): void;
  stop(): void;
};

/** A way to a server that breaks where a test says so. */
export async function startCuttingProxy(): Promise<CuttingProxy> {
  const port = await freePort();
  const open = new Set<Socket>();
  const limits: { at: number; cut: boolean }[] = [];
  const stall = () => {
    for (const socket of open) socket.pause().removeAllListeners('data');
  };
  const state = { target: 0, passed: 0, cuts: 0 };
  const server = createServer((client) => {
    const upstream = dial(state.target, '127.0.0.1');
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
    client.on('data', (chunk) => {
      state.passed += chunk.length;
      const limit = limits[0];
      if (limit !== undefined && state.passed >= limit.at) {
        limits.shift();
        if (!limit.cut) return stall();
        state.cuts += 1;
        client.resetAndDestroy();
        return close();
      }
      if (!upstream.write(chunk)) {
        client.pause();
        upstream.once('drain', () => client.resume());
      }
    });
    upstream.on('data', (chunk) => client.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  const forget = endWithRun(stop);
  return {
    url: `http://127.0.0.1:${port}`,
    get target() {
      return state.target;
    },
    set target(port) {
      state.target = port;
    },
    get cuts() {
      return state.cuts;
    },
    get passed() {
      return state.passed;
    },
    cutAfter: (...bytes) =>
      void limits.push(...bytes.map((more) => ({ at: state.passed + more, cut: true }))),
    stallAfter: (bytes) => void limits.push({ at: state.passed + bytes, cut: false }),
    stop() {
      forget();
      stop();
    },
  };
}

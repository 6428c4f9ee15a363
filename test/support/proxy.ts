import { createServer, connect as dial, type Socket } from 'node:net';
import { endWithRun } from './end-with-run.ts';
import { freePort } from './ports.ts';

/** A proxy to a server that records traffic, and fails where a test wants it to. All numbers are bytes. */
export type TestProxy = {
  url: string;
  /** The port of the server; it may be set later. */
  target: number;
  /** The bytes to the server, and back. */
  readonly sent: number;
  readonly answered: number;
  /** The number of connections that it has reset on their way to the server. */
  readonly cuts: number;
  /** All bytes to the server, if they are recorded. */
  recorded(): Buffer;
  /** The connection that exceeds this number of further bytes to the server is reset; once for each number. */
  cutAfter(...bytes: number[]): void;
  /** After this number of further bytes to the server, the open connections stall without an error. */
  stallAfter(bytes: number): void;
  /** After each of these numbers of further response bytes, their connection ends; once for each number. */
  breakAfter(...bytes: number[]): void;
  stop(): void;
};

/** @param options `port` is where it listens; by default any free port. */
export async function startProxy({
  target = 0,
  records = false,
  port: wanted,
}: {
  target?: number;
  records?: boolean;
  port?: number;
} = {}): Promise<TestProxy> {
  const open = new Set<Socket>();
  const recorded: Buffer[] = [];
  const sendLimits: { at: number; cut: boolean }[] = [];
  const answerLimits: number[] = [];
  const state = { target, sent: 0, answered: 0, cuts: 0 };
  const stall = () => {
    for (const socket of open) socket.pause().removeAllListeners('data');
  };
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
    const pass = (from: Socket, to: Socket, chunk: Buffer) => {
      if (to.write(chunk)) return;
      from.pause();
      to.once('drain', () => from.resume());
    };
    client.on('data', (chunk: Buffer) => {
      state.sent += chunk.length;
      if (records) recorded.push(Buffer.from(chunk));
      const limit = sendLimits[0];
      if (limit === undefined || state.sent < limit.at) return pass(client, upstream, chunk);
      sendLimits.shift();
      if (!limit.cut) return stall();
      state.cuts += 1;
      client.resetAndDestroy();
      close();
    });
    upstream.on('data', (chunk: Buffer) => {
      const room = (answerLimits[0] ?? Number.POSITIVE_INFINITY) - state.answered;
      const fitting = chunk.subarray(0, Math.max(0, room));
      state.answered += fitting.length;
      if (fitting.length === chunk.length) return pass(upstream, client, chunk);
      answerLimits.shift();
      // Bytes of this connection that are in flight must not count for the next one.
      upstream.removeAllListeners('data');
      client.write(fitting, close);
    });
  });
  const port = wanted ?? (await freePort());
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
    get sent() {
      return state.sent;
    },
    get answered() {
      return state.answered;
    },
    get cuts() {
      return state.cuts;
    },
    recorded: () => Buffer.concat(recorded),
    cutAfter: (...bytes) =>
      void sendLimits.push(...bytes.map((more) => ({ at: state.sent + more, cut: true }))),
    stallAfter: (bytes) => void sendLimits.push({ at: state.sent + bytes, cut: false }),
    breakAfter: (...bytes) => {
      let at = state.answered;
      for (const more of bytes) {
        at += more;
        answerLimits.push(at);
      }
    },
    stop() {
      forget();
      stop();
    },
  };
}

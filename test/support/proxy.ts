import { createServer, connect as dial, type Socket } from 'node:net';
import { endWithRun } from './end-with-run.ts';
import { freePort } from './ports.ts';

/** A way to a server that is seen through, and breaks where a test says so. All numbers are bytes. */
export type TestProxy = {
  url: string;
  /** The port that connections lead to; it may be set later. */
  target: number;
  /** What has gone by to the server, and back. */
  readonly sent: number;
  readonly answered: number;
  /** How many connections it has broken on their way to the server. */
  readonly cuts: number;
  /** All that went by to the server, where it is kept. */
  recorded(): Buffer;
  /** Whichever connection brings the server past these many more is reset; once for each number. */
  cutAfter(...bytes: number[]): void;
  /** After these many more to the server nothing goes on over the connections that are open, and nobody is told. */
  stallAfter(bytes: number): void;
  /** After each of these many more of answers, the connection that brings them ends; once for each number. */
  breakAfter(...bytes: number[]): void;
  stop(): void;
};

export async function startProxy({ target = 0, records = false } = {}): Promise<TestProxy> {
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
      // What is on its way of this connection must not count for the next one.
      upstream.removeAllListeners('data');
      client.write(fitting, close);
    });
  });
  const port = await freePort();
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

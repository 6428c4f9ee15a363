import { createConnection } from 'node:net';
import { partPath } from './parts.ts';
import { freePort } from './ports.ts';
import { type RunningProcess, startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

export type RedisServer = {
  url: string;
  port: number;
  /** The id of the current process; a restart changes it. */
  readonly pid: number;
  stop(): Promise<void>;
  /** SIGKILL: open connections fail. */
  kill(): Promise<void>;
  /** Starts on the same port and empty, whether it was stopped before or not. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers, the worst outage for a client. */
  pause(): void;
  resume(): void;
};

/** A separate real redis-server, without persistence. `args` are options of its command line. */
export async function startRedis({
  port,
  args = [],
}: {
  port?: number;
  args?: string[];
} = {}): Promise<RedisServer> {
  const program = await partPath('redis-server');
  const listeningOn = port ?? (await freePort());
  const directory = temporaryDirectory('redis');
  let server = await launch(program, listeningOn, directory, args);
  const stop = async () => {
    // A paused process does not handle SIGTERM.
    server.signal('SIGCONT');
    await server.stop();
  };
  return {
    url: `redis://127.0.0.1:${listeningOn}`,
    port: listeningOn,
    get pid() {
      return server.pid;
    },
    stop,
    kill: () => server.kill(),
    async restart() {
      await stop();
      server = await launch(program, listeningOn, directory, args);
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
  };
}

let shared: Promise<{ url: string }> | undefined;

/** One Redis for all tests that never stop it: the one of REDIS_URL if that is set, which may contain keys. */
export function sharedRedis(): Promise<{ url: string }> {
  const given = process.env.REDIS_URL;
  shared ??= given ? Promise.resolve({ url: given }) : startRedis();
  return shared;
}

/** Whether a Redis on this loopback port answers PING, or asks for a password, within half a second. */
export function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => settle(/^(\+PONG|-NOAUTH)/.test(data.toString())));
  });
}

async function launch(
  program: string,
  port: number,
  directory: string,
  args: string[],
): Promise<RunningProcess> {
  const network = ['--port', String(port), '--bind', '127.0.0.1'];
  const storage = ['--save', '', '--appendonly', 'no', '--dir', directory];
  const server = startProcess(program, [...network, ...storage, ...args]);
  await waitFor(`redis-server on port ${port}`, () => {
    if (!server.isRunning()) throw new Error(server.output());
    return answersPing(port);
  });
  return server;
}

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { compiledProgram } from './compiled-program.ts';
import { checkout, partPath } from './parts.ts';
import { freePort } from './ports.ts';
import { type RunningProcess, startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

export type Runtime = 'bun' | 'deno' | 'node' | 'newest-node';

type MayflyOptions = {
  /** Settings over the defaults below; S3_*, REDIS_URL and others of the environment are never inherited. */
  env?: Record<string, string>;
  runtime?: Runtime;
  /** The command that starts the binary, instead of a runtime with the checkout. */
  binary?: string[];
  /** The folder of another version of the program: its working directory. */
  program?: string;
  /** The one of an earlier process, to start again with its data. */
  dataDir?: string;
  /** A program that runs it, for example ['strace', '-f', '-o', file]. */
  commandPrefix?: string[];
  /** No periodic sweep: the test decides when to sweep. */
  clockless?: boolean;
  /** How long it may take until it is ready. */
  readyWithinMs?: number;
  /** The path that answers 200 when it is ready; /readyz does not while a store is unavailable. */
  readyPath?: '/readyz' | '/healthz';
};

export type MayflyProcess = {
  url: string;
  port: number;
  /** The process id of Mayfly itself, also with a command prefix. */
  pid: number;
  dataDir: string;
  logs(): string;
  /** SIGTERM; resolves to the exit code, or to null if it had to be killed. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  exited: Promise<number | null>;
};

const never = '0 0 0 1 1 *';
// Longer than the time for requests in flight.
const stopWithinMs = 40_000;

/** Starts `mayfly serve` as a process, and waits until it is ready. */
export async function startMayfly(options: MayflyOptions = {}): Promise<MayflyProcess> {
  const { runtime = 'bun', commandPrefix = [], readyWithinMs = 40_000, readyPath = '/readyz' } = options;
  const dataDir = options.dataDir ?? temporaryDirectory('data');
  const port = Number(options.env?.PORT ?? (await freePort()));
  const url = `http://127.0.0.1:${port}`;
  const executable = runtime === 'bun' ? process.execPath : await partPath(runtime);
  const args = await argumentsOf[runtime]();
  const own = options.binary ? [...options.binary, 'serve'] : [executable, ...args];
  const [command = executable, ...rest] = [...commandPrefix, ...own];
  const server = startProcess(command, rest, {
    cwd: options.program ?? checkout,
    env: {
      ...inherited(),
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: url,
      DATA_DIR: dataDir,
      RATE_LIMIT: '0',
      ...(options.clockless ? { SWEEP_CRON: never } : {}),
      ...options.env,
    },
  });
  await untilReady(server, `${url}${readyPath}`, readyWithinMs);
  const pid = commandPrefix.length > 0 ? innermost(server.pid, executable) : server.pid;
  return {
    url,
    port,
    pid,
    dataDir,
    logs: () => server.output(),
    exited: server.exited,
    async stop() {
      // Not to a tracer such as strace, which would not pass on the signal.
      if (server.isRunning()) process.kill(pid, 'SIGTERM');
      const timer = setTimeout(() => server.isRunning() && process.kill(pid, 'SIGKILL'), stopWithinMs);
      const code = await server.exited;
      clearTimeout(timer);
      return code;
    },
    async kill() {
      if (server.isRunning()) process.kill(pid, 'SIGKILL');
      await server.exited;
    },
  };
}

/** How each runtime starts the server. */
const argumentsOf: Record<Runtime, () => string[] | Promise<string[]>> = {
  bun: () => bunArguments,
  deno: () => [...denoArguments(), 'serve'],
  node: async () => [await compiledProgram(), 'serve'],
  'newest-node': async () => [await compiledProgram(), 'serve'],
};

/** The shipped command, with its responses checked against the definitions of their endpoints. */
const bunArguments = [
  '--no-env-file',
  '--preload',
  './test/support/check-answers.ts',
  'src/main.ts',
  'serve',
];

/** The arguments of `deno task start` before the command, so that the tests have exactly its permissions. */
export function denoArguments(): string[] {
  const { tasks } = JSON.parse(readFileSync(join(checkout, 'deno.json'), 'utf8')) as {
    tasks: { start: { command: string } };
  };
  return tasks.start.command.split(/\s+/).slice(1, -1);
}

function inherited(): Record<string, string> {
  const kept: Record<string, string> = { DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

async function untilReady(server: RunningProcess, readyUrl: string, timeoutMs: number): Promise<void> {
  const ready = async () => {
    if (!server.isRunning()) return true;
    const response = await fetch(readyUrl);
    await response.body?.cancel();
    return response.status === 200;
  };
  const inTime = await waitFor(readyUrl, ready, { timeoutMs }).catch(() => false);
  if (inTime && server.isRunning()) return;
  await server.kill();
  const reason = inTime ? 'ended before it was ready' : `was not ready within ${timeoutMs} ms`;
  throw new Error(`mayfly ${reason}; it wrote:\n${server.output()}`);
}

/** The process below `pid` that runs `executable`. The outer one may be a tracer, or the executable itself. */
function innermost(pid: number, executable: string): number {
  const wanted = realpathSync(executable);
  for (let current: number | undefined = pid; current; ) {
    const link = `/proc/${current}/exe`;
    if (existsSync(link) && realpathSync(link) === wanted) return current;
    const children = readFileSync(`/proc/${current}/task/${current}/children`, 'utf8').trim();
    current = children ? Number(children.split(' ')[0]) : undefined;
  }
  return pid;
}

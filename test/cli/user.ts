import { join } from 'node:path';
import { endWithRun } from '../support/end-with-run.ts';
import type { Runtime } from '../support/mayfly-process.ts';
import { checkout, partPath } from '../support/parts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

export type Answer = { code: number; stdout: string; stderr: string; bytes: Uint8Array };

export type CallOptions = {
  /** What stdin brings; nothing by default. */
  input?: string | Uint8Array<ArrayBuffer>;
  env?: Record<string, string>;
  /** Ctrl-C, as soon as this is so; or another signal. */
  interruptWhen?: () => boolean;
  interruptBy?: NodeJS.Signals;
  /** A descriptor that stdout goes to; otherwise it is what the answer has. */
  stdout?: number;
};

/** A start takes many times as long on a machine that is busy. */
const patienceMs = 40_000;

/** A person with a home of their own, who calls the command line on one runtime. */
export type User = {
  /** Where they are; their home too. */
  folder: string;
  /** What of their environment concerns us. */
  settings: Record<string, string>;
  path(name: string): string;
  /** Through pipes, to its end. */
  call(args: string[], options?: CallOptions): Promise<Answer>;
  /** As `call`, for what has to work. Resolves to what it printed, without the last newline. */
  output(args: string[], options?: CallOptions): Promise<string>;
  /** At a terminal; `redirection` is what a shell adds, such as `> file`. */
  atTerminal(
    args: string[],
    options?: { env?: Record<string, string>; redirection?: string },
  ): Promise<TerminalCall>;
};

type TerminalCall = {
  /** All that the terminal has shown so far. */
  shown(): string;
  waitFor(text: string | RegExp): Promise<void>;
  type(text: string): void;
  exited: Promise<number>;
};

export async function newUser(
  url: string,
  { runtime = 'bun', env: own = {} }: { runtime?: Runtime; env?: Record<string, string> } = {},
): Promise<User> {
  const folder = temporaryDirectory('user');
  const program =
    runtime === 'bun'
      ? [process.execPath, '--no-env-file']
      : [await partPath('deno'), 'run', '-A', '--quiet'];
  const command = [...program, join(checkout, 'src/main.ts')];
  const environment = (given: Record<string, string> = {}) => ({
    PATH: process.env.PATH ?? '',
    HOME: folder,
    TERM: 'xterm-256color',
    DENO_NO_UPDATE_CHECK: '1',
    MAYFLY_URL: url,
    ...own,
    ...given,
  });
  const call: User['call'] = async (
    args,
    { input, env, interruptWhen, interruptBy = 'SIGINT', stdout } = {},
  ) => {
    const child = Bun.spawn([...command, ...args], {
      cwd: folder,
      env: environment(env),
      stdin: input === undefined ? 'ignore' : new Blob([input]),
      stdout: stdout ?? 'pipe',
      stderr: 'pipe',
    });
    if (interruptWhen) {
      await waitFor('the moment to interrupt', interruptWhen, { everyMs: 2, timeoutMs: patienceMs });
      child.kill(interruptBy);
    }
    const [bytes, stderr, code] = await Promise.all([
      new Response(child.stdout instanceof ReadableStream ? child.stdout : null).bytes(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, bytes, stdout: new TextDecoder().decode(bytes), stderr };
  };
  return {
    folder,
    settings: { MAYFLY_URL: url, ...own },
    path: (name) => join(folder, name),
    call,
    async output(args, options) {
      const { code, stdout, stderr } = await call(args, options);
      if (code !== 0) throw new Error(`mayfly ${args.join(' ')} ended with ${code}: ${stderr}`);
      return stdout.trimEnd();
    },
    async atTerminal(args, { env, redirection = '' } = {}) {
      // The shell has the terminal's own settings and its redirections; `exec` leaves only the program.
      const line = `exec "$@" ${redirection}`;
      return openTerminal(['bash', '-c', line, 'bash', ...command, ...args], folder, environment(env));
    },
  };
}

/** Runs a program at a pseudo-terminal of 100 columns. */
export function openTerminal(command: string[], cwd: string, env: Record<string, string>): TerminalCall {
  let shown = '';
  const decoder = new TextDecoder();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const child = Bun.spawn(command, {
    cwd,
    env,
    terminal: {
      cols: 100,
      rows: 30,
      data: (_, bytes) => {
        shown += decoder.decode(bytes, { stream: true });
      },
      exit: () => end(),
    },
  });
  const forget = endWithRun(() => child.kill('SIGKILL'));
  const exited = child.exited.then(async (code) => {
    forget();
    // What it wrote last may still be on its way; what it has started may hold the terminal open.
    await Promise.race([ended, Bun.sleep(2000)]);
    child.terminal?.close();
    return code;
  });
  const shows = (text: string | RegExp) =>
    typeof text === 'string' ? shown.includes(text) : text.test(shown);
  return {
    shown: () => shown,
    waitFor: async (text) => {
      const what = `the terminal to show ${text}`;
      await waitFor(what, async () => shows(text), { timeoutMs: patienceMs }).catch((error) => {
        throw new Error(`${error.message}; it shows ${JSON.stringify(shown)}`);
      });
    },
    type: (text) => void child.terminal?.write(text),
    exited,
  };
}

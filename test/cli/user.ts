import { join } from 'node:path';
import { compiledProgram } from '../support/compiled-program.ts';
import { endWithRun } from '../support/end-with-run.ts';
import type { Runtime } from '../support/mayfly-process.ts';
import { checkout, partPath } from '../support/parts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

export type Answer = { code: number; stdout: string; stderr: string; bytes: Uint8Array };

export type CallOptions = {
  /** The content of stdin; empty by default. */
  input?: string | Uint8Array<ArrayBuffer>;
  env?: Record<string, string>;
  /** When to send Ctrl-C, or the signal `interruptBy`. */
  interruptWhen?: () => boolean;
  interruptBy?: NodeJS.Signals;
  /** A descriptor for stdout; by default stdout is in the result. */
  stdout?: number;
};

/** A start takes much longer on a busy machine. */
const startTimeoutMs = 40_000;

/** A user with a separate home folder, who calls the command line on one runtime. */
export type User = {
  /** The working directory, and the home folder. */
  folder: string;
  /** The environment variables that matter here. */
  settings: Record<string, string>;
  path(name: string): string;
  /** Calls with pipes, and waits for the exit. */
  call(args: string[], options?: CallOptions): Promise<Answer>;
  /** Like `call`, but throws on failure. Resolves to stdout, without the last newline. */
  output(args: string[], options?: CallOptions): Promise<string>;
  /** Calls at a terminal; `redirection` is shell syntax such as `> file`. */
  atTerminal(
    args: string[],
    options?: { env?: Record<string, string>; redirection?: string },
  ): Promise<TerminalCall>;
};

type TerminalCall = {
  /** The output of the terminal so far. */
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
  const command = await commandOn(runtime);
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
      await waitFor('the moment to interrupt', interruptWhen, { everyMs: 2, timeoutMs: startTimeoutMs });
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
      // A shell sets up the terminal and the redirections; `exec` replaces it by the program.
      const line = `exec "$@" ${redirection}`;
      return openTerminal(['bash', '-c', line, 'bash', ...command, ...args], folder, environment(env));
    },
  };
}

/** The words that start the command line. */
async function commandOn(runtime: Runtime): Promise<string[]> {
  const main = join(checkout, 'src/main.ts');
  if (runtime === 'bun') return [process.execPath, '--no-env-file', main];
  const program = await partPath(runtime);
  return runtime === 'deno' ? [program, 'run', '-A', '--quiet', main] : [program, await compiledProgram()];
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
    // Its last output may not have arrived yet, and its child processes may keep the terminal open.
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
      await waitFor(what, async () => shows(text), { timeoutMs: startTimeoutMs }).catch((error) => {
        throw new Error(`${error.message}; it shows ${JSON.stringify(shown)}`);
      });
    },
    type: (text) => void child.terminal?.write(text),
    exited,
  };
}

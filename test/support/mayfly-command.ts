import { checkout } from './parts.ts';

export type CommandAnswer = { code: number; stdout: string; stderr: string };

/**
 * Runs a command of the command line to its end, on Bun, like an operator of a running server.
 *
 * @param env Settings beside DATA_DIR; the tester's own are never inherited.
 * @param program The folder of the program.
 */
export function mayflyCommand(
  dataDir: string,
  args: string[],
  env: Record<string, string> = {},
  program = checkout,
): Promise<CommandAnswer> {
  const command = [process.execPath, '--no-env-file', 'src/main.ts', ...args];
  return answerOf(command, { cwd: program, env: environmentOf(dataDir, env) });
}

/** Runs a program to its end. @param options Its working directory, and its whole environment */
export async function answerOf(
  command: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<CommandAnswer> {
  const child = Bun.spawn(command, { ...options, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** Like `mayflyCommand`, and expects success. Resolves to the output, without the last newline. */
export async function mayflyOutput(
  dataDir: string,
  args: string[],
  env: Record<string, string> = {},
  program = checkout,
): Promise<string> {
  return expectDone(args, await mayflyCommand(dataDir, args, env, program));
}

/** The whole environment of a command. */
export function environmentOf(dataDir: string, env: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, NO_COLOR: '1', LOG_LEVEL: 'silent', DATA_DIR: dataDir, ...env };
}

export function expectDone(args: string[], { code, stdout, stderr }: CommandAnswer): string {
  if (code !== 0) throw new Error(`mayfly ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return stdout.trimEnd();
}

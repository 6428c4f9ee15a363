import { openSync, readFileSync } from 'node:fs';
import { checkout } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';

export type Environment = Record<string, string>;
export type Running = { pid: number; exitCode: () => number | null; output: () => string; stop: Ending };
type Finished = { stdout: string; seconds: number };

type Ending = () => Promise<void>;

const stopSeconds = 15;

/** Starts a long-running program with its output in a file. `lifetime` stops it. */
export function startProcess(
  lifetime: Lifetime,
  command: string[],
  outputFile: string,
  environment: Environment = {},
): Running {
  const output = openSync(outputFile, 'a');
  const child = Bun.spawn(command, {
    cwd: checkout,
    env: cleanEnvironment(environment),
    stdin: 'ignore',
    stdout: output,
    stderr: output,
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), stopSeconds * 1000);
    await child.exited;
    clearTimeout(impatience);
  };
  lifetime.onEnd(stop);
  return {
    pid: child.pid,
    exitCode: () => child.exitCode,
    output: () => readFileSync(outputFile, 'utf8'),
    stop,
  };
}

/**
 * Runs a program and waits for its exit.
 *
 * @throws if its exit code is not 0, or if it is killed after `limitSeconds`
 */
export async function runProcess(
  lifetime: Lifetime,
  command: string[],
  limitSeconds: number,
  environment: Environment = {},
): Promise<Finished> {
  const started = Bun.nanoseconds();
  const child = Bun.spawn(command, {
    cwd: checkout,
    env: cleanEnvironment(environment),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  lifetime.onEnd(() => child.kill('SIGKILL'));
  const impatience = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const seconds = (Bun.nanoseconds() - started) / 1e9;
  clearTimeout(impatience);
  if (exitCode !== 0)
    throw new Error(
      `${command.join(' ')} ended with ${exitCode} after ${seconds.toFixed(1)} s\n${stdout}${stderr}`,
    );
  return { stdout, seconds };
}

/** Only the variables that a program needs. Servers must not get a REDIS_URL or S3_BUCKET of the caller. */
function cleanEnvironment(environment: Environment): Environment {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, TZ: 'UTC', ...environment };
}

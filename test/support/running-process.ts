import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithRun } from './end-with-run.ts';

type ProcessOptions = { cwd?: string; env?: Record<string, string | undefined> };

export type RunningProcess = {
  pid: number;
  /** The end of its output to stdout and stderr, in order. */
  output(): string;
  isRunning(): boolean;
  /** Resolves to the exit code, or to null if a signal ended it. */
  exited: Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL after `graceMs`; resolves to the exit code, null if a signal ended it. */
  stop(graceMs?: number): Promise<number | null>;
  /** SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>;
};

const keptOutput = 4 * 1024 * 1024;
// Waits for the output in the pipe when the process ends, unless a grandchild holds the pipe open.
const lastOutputMs = 300;

/** Starts a program that is ended, by its process id, with the test run at the latest. */
export function startProcess(command: string, args: string[], options: ProcessOptions = {}): RunningProcess {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
      if (output.length > 2 * keptOutput) output = output.slice(-keptOutput);
    });
  }

  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', async (code) => {
      forget();
      await Promise.race([closed, sleep(lastOutputMs)]);
      resolve(code);
    });
  });
  // Callers that await `exited` still get the failure, but they need not await it.
  exited.catch((error) => {
    output += `${error}\n`;
  });

  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} cannot be started`);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const signal = (name: NodeJS.Signals) => {
    if (isRunning()) child.kill(name);
  };
  const forget = endWithRun(() => signal('SIGKILL'));
  const kill = async () => {
    signal('SIGKILL');
    await exited;
  };
  const stop = async (graceMs = 10_000) => {
    signal('SIGTERM');
    const timer = setTimeout(() => signal('SIGKILL'), graceMs);
    const code = await exited;
    clearTimeout(timer);
    return code;
  };
  return { pid, output: () => output, isRunning, exited, signal, stop, kill };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownCommand } from '../../../program/index.ts';
import { type ToParent, type ToWorker, workerMark } from './parent-link.ts';

/** How long the last lines of an ended worker may take to arrive (ms). */
const lastLines = 300;

export type Ending = { code: number | null; signal: NodeJS.Signals | null };

type Receivers = {
  line(line: string): void;
  message(worker: WorkerProcess, message: ToParent): void;
  ended(worker: WorkerProcess, ending: Ending): void;
};

/** A process that serves on the shared port. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** Resolves when all lines of the ended process have been received. */
  readonly closed: Promise<unknown>;
  /** When it began to serve (ms since the epoch). */
  readySince: number | undefined;
  isStopping = false;

  constructor(port: number, { line, message, ended }: Receivers) {
    const [program, ...args] = ownCommand();
    const child = spawn(program, [...args, 'serve'], {
      env: { ...process.env, PORT: String(port), [workerMark]: '1' },
      // The parent writes the log: lines of several processes in one pipe could be mixed.
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // JSON has no numbers such as NaN, which metrics may be.
      serialization: 'advanced',
    });
    this.#child = child;
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) line(each);
    });
    child.on('message', (received) => message(this, received as ToParent));
    let hasEnded = false;
    const end = (ending: Ending) => {
      if (hasEnded) return;
      hasEnded = true;
      ended(this, ending);
    };
    const closed = new Promise((resolve) => child.once('close', resolve));
    this.closed = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        resolve(Promise.race([closed, sleep(lastLines)]));
        end({ code, signal });
      }),
    );
    // It could not be started, or a message could not be sent, which its exit explains.
    child.on('error', () => {
      if (child.pid === undefined) end({ code: null, signal: null });
    });
  }

  /** 0 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isServing(): boolean {
    return this.readySince !== undefined && !this.isStopping;
  }

  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(name);
  }
}

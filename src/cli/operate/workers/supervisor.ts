import type { Config } from '../../../config/index.ts';
import { createLog, type Log } from '../../../observe/log.ts';
import { MergedMetrics } from '../../../observe/merged-metrics.ts';
import { unusedPort } from '../../../runtime/unused-port.ts';
import { CommandFailure } from '../../shared/command-failure.ts';
import { reportUncaught } from '../../shared/uncaught.ts';
import { ListenFailure } from '../start-failure.ts';
import { gracePeriod, stopSignal } from '../stopping.ts';
import type { ToParent } from './parent-link.ts';
import { type Ending, WorkerProcess } from './worker-process.ts';

/** Crashes at the start until the parent gives up. */
const startTries = 4;
/** The wait before a worker is started again, doubled with each end in a row (ms). */
const firstDelay = 200;
const longestDelay = 30_000;
/** After this time of serving, the end of a worker is the first in a row again (ms). */
const steadyAfter = 60_000;
/** How long the parent waits for the metrics of a worker (ms). Then it uses the last ones. */
const snapshotTimeout = 2000;
/** How much longer than its requests a worker may take to end (ms). Containers get 35 s in all (compose.yaml). */
const endTimeout = 3000;

/**
 * Serves by workers on one port until SIGTERM or SIGINT, or until this version can no longer use the database. Resolves
 * with the exit code.
 */
export async function superviseWorkers(config: Config): Promise<number> {
  const logging = createLog(config.logLevel, config.logClientAddress, process.pid);
  const { log } = logging;
  reportUncaught((error) => {
    log.fatal({ event: 'uncaught', err: error }, 'unexpected fault: the server exits');
    logging.flush();
  });
  // The workers would share a port even with another server that has workers.
  const port = await unusedPort(config.host, config.port).catch((error: unknown) => {
    throw new ListenFailure(error);
  });
  const supervisor = new Supervisor(port, config, logging);
  const stopped = stopSignal();
  try {
    const signal = await Promise.race([stopped, supervisor.run()]);
    // Otherwise the worker that found it has logged why.
    if (signal !== undefined) log.info({ signal }, 'stopping');
    const code = await supervisor.stop();
    log.info('stopped');
    return signal === undefined ? 1 : code;
  } finally {
    logging.flush();
  }
}

/** Keeps a number of workers running. One of them sweeps. */
class Supervisor {
  readonly #port: number;
  readonly #log: Log;
  readonly #size: number;
  /** How long workers may take to end (ms). */
  readonly #stopTimeout: number;
  readonly #workers = new Set<WorkerProcess>();
  readonly #metrics = new MergedMetrics(() => this.#serving().length);
  readonly #snapshots = new Map<number, () => void>();
  readonly #restarts = new Set<ReturnType<typeof setTimeout>>();
  #requestedSnapshots = 0;
  #sweeping: WorkerProcess | undefined;
  #hasServed = false;
  #isStopping = false;
  #endsInRow = 0;
  #giveUp: (failure: CommandFailure) => void = () => undefined;
  #stopAll: () => void = () => undefined;
  #allEnded: () => void = () => undefined;

  constructor(port: number, { workers, stopDelay = 0 }: Config, log: Log) {
    this.#port = port;
    this.#size = workers;
    this.#stopTimeout = stopDelay + gracePeriod + endTimeout;
    this.#log = log;
  }

  /**
   * Starts the workers: the first one alone, since it fills an empty database, and its failure is that of the server.
   * Resolves when all must stop, because this version can no longer use the database.
   *
   * @throws CommandFailure if none can start
   */
  run(): Promise<undefined> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      this.#stopAll = () => resolve(undefined);
      this.#start();
    });
  }

  /** Lets all workers finish their requests. Resolves with 0, or with 1 if some had to be killed. */
  async stop(): Promise<number> {
    this.#isStopping = true;
    for (const timer of this.#restarts) clearTimeout(timer);
    const ended = new Promise<void>((resolve) => {
      this.#allEnded = resolve;
    });
    const workers = [...this.#workers];
    if (workers.length === 0) return 0;
    for (const worker of workers) worker.signal('SIGTERM');
    let code = 0;
    const timer = setTimeout(() => {
      code = 1;
      for (const worker of this.#workers) {
        this.#log.log.error(
          { event: 'worker_killed', worker: worker.pid },
          'a worker did not end in time and is killed',
        );
        worker.signal('SIGKILL');
      }
    }, this.#stopTimeout);
    await ended;
    clearTimeout(timer);
    await Promise.all(workers.map(({ closed }) => closed));
    return code;
  }

  #serving(): WorkerProcess[] {
    return [...this.#workers].filter(({ isServing }) => isServing);
  }

  #start(): void {
    const worker = new WorkerProcess(this.#port, {
      line: (line) => this.#log.relay(line),
      message: (from, message) => this.#receive(from, message),
      ended: (from, ending) => this.#ended(from, ending),
    });
    this.#workers.add(worker);
  }

  #receive(worker: WorkerProcess, message: ToParent): void {
    if (message.kind === 'ready') {
      worker.readySince = Date.now();
      this.#chooseSweeping();
      if (this.#hasServed) return;
      this.#hasServed = true;
      this.#endsInRow = 0;
      // For a person at a terminal, not for the log.
      console.log(`Mayfly is at ${message.url}  try: echo hello | curl -T - ${message.url}/`);
      for (let others = 1; others < this.#size && !this.#isStopping; others += 1) this.#start();
    } else if (message.kind === 'stopping') {
      worker.isStopping = true;
      this.#chooseSweeping();
    } else if (message.kind === 'unusable') {
      this.#stopAll();
    } else if (message.kind === 'scrape') {
      this.#scrape().then((text) => worker.send({ kind: 'merged', id: message.id, text }));
    } else {
      this.#metrics.note(worker.pid, message.metrics);
      this.#snapshots.get(message.id)?.();
    }
  }

  /** The worker that sweeps until it ends. */
  #chooseSweeping(): void {
    if (this.#isStopping || this.#sweeping?.isServing) return;
    this.#sweeping = this.#serving()[0];
    this.#sweeping?.send({ kind: 'sweep' });
  }

  /** The metrics of all workers together. One of them reads those of the cluster. */
  async #scrape(): Promise<string> {
    const reader = this.#sweeping?.isServing ? this.#sweeping : this.#serving()[0];
    const workers = [...this.#workers];
    await Promise.all(workers.map((worker) => this.#askForSnapshot(worker, worker === reader)));
    return this.#metrics.text();
  }

  #askForSnapshot(worker: WorkerProcess, withCluster: boolean): Promise<void> | undefined {
    if (worker.readySince === undefined) return undefined;
    this.#requestedSnapshots += 1;
    const id = this.#requestedSnapshots;
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#snapshots.delete(id);
        resolve();
      };
      const timer = setTimeout(settle, snapshotTimeout);
      this.#snapshots.set(id, settle);
      worker.send({ kind: 'snapshot', id, withCluster });
    });
  }

  #ended(worker: WorkerProcess, { code, signal }: Ending): void {
    this.#workers.delete(worker);
    this.#metrics.ended(worker.pid);
    const { readySince } = worker;
    worker.isStopping = true;
    if (this.#isStopping) {
      if (this.#workers.size === 0) this.#allEnded();
      return;
    }
    this.#chooseSweeping();
    const wasSteady = readySince !== undefined && Date.now() - readySince >= steadyAfter;
    this.#endsInRow = wasSteady ? 1 : this.#endsInRow + 1;
    const failure = this.#hasServed ? undefined : this.#startFailure(code, signal);
    if (failure !== undefined) this.#giveUp(failure);
    else this.#startLater(worker, { code, signal });
  }

  /** Why the server cannot start; undefined if it may try again. */
  #startFailure(code: Ending['code'], signal: Ending['signal']): CommandFailure | undefined {
    // It has printed the reason.
    if (code !== null) return new CommandFailure('');
    if (this.#endsInRow < startTries) return undefined;
    return new CommandFailure(
      `the first worker ended ${startTries} times before it could serve, last by ${signal ?? 'a failure to start it'}`,
    );
  }

  #startLater({ pid: worker }: WorkerProcess, { code, signal }: Ending): void {
    const delay = Math.min(longestDelay, firstDelay * 2 ** (this.#endsInRow - 1));
    const fields = { event: 'worker_ended', worker, code, signal, restartInMilliseconds: delay };
    this.#log.log[code === 0 ? 'info' : 'error'](fields, 'a worker ended: another one is started');
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#metrics.restarted();
      this.#start();
    }, delay);
    this.#restarts.add(timer);
  }
}

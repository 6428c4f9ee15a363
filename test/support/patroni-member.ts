import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endWithRun } from './end-with-run.ts';
import { unprivileged } from './other-user.ts';
import { isAlive, processesOf, signal } from './postgres.ts';
import { type RunningProcess, startProcess } from './running-process.ts';
import { waitFor } from './wait-for.ts';

type MemberOptions = {
  name: string;
  /** The program of Patroni. */
  program: string;
  directory: string;
  configuration: string;
  environment: Record<string, string>;
  port: number;
  restPort: number;
};

/** A machine with a Patroni and its PostgreSQL, which is no child of Patroni. */
export class PatroniMember {
  readonly name: string;
  /** The folder of its configuration, and what differs from the other member. */
  readonly configuration: string;
  readonly environment: Record<string, string>;
  /** The ports of PostgreSQL and of Patroni. */
  readonly port: number;
  readonly restPort: number;
  readonly #options: MemberOptions;
  #patroni: RunningProcess | undefined;
  #paused: number[] = [];

  constructor(options: MemberOptions) {
    this.#options = options;
    this.name = options.name;
    this.configuration = options.configuration;
    this.environment = options.environment;
    this.port = options.port;
    this.restPort = options.restPort;
    // Earlier than the end of Patroni, and so after it: Patroni would start PostgreSQL again.
    endWithRun(() => this.#stopPostgres());
    this.#guard();
  }

  /** Starts Patroni, which starts PostgreSQL. */
  start(): void {
    const { program, directory, configuration, environment } = this.#options;
    const [command, ...args] = unprivileged(program, [configuration], 'KILL');
    this.#patroni = startProcess(command, args, { cwd: directory, env: environment });
  }

  /** The log of Patroni and of its PostgreSQL. */
  logs(): string {
    return this.#patroni?.output() ?? '';
  }

  /** Whether Patroni reports it as the primary. */
  isPrimary(): Promise<boolean> {
    return this.#isRole('primary');
  }

  /** Whether Patroni would promote it. */
  isSynchronous(): Promise<boolean> {
    return this.#isRole('synchronous');
  }

  /** SIGKILL to Patroni and PostgreSQL at once, as if the machine lost its power. */
  async kill(): Promise<void> {
    const processes = this.#processes();
    this.#patroni?.signal('SIGKILL');
    const [postgres] = processes;
    if (postgres !== undefined) signal(postgres, 'SIGKILL');
    await waitFor('the processes of postgres to end', () => processes.every((pid) => !isAlive(pid)));
  }

  /** SIGSTOP: connections stay open and nothing answers, as on a machine that hangs. */
  pause(): void {
    const patroni = this.#patroni?.pid;
    if (patroni !== undefined) this.#stop(patroni);
    // PostgreSQL itself first, so that it starts no further process.
    for (const pid of this.#processes()) this.#stop(pid);
    for (const pid of this.#processes()) this.#stop(pid);
  }

  resume(): void {
    for (const pid of this.#paused) signal(pid, 'SIGCONT');
    this.#paused = [];
  }

  async stop(): Promise<void> {
    this.resume();
    await this.#patroni?.stop(30_000);
    this.#stopPostgres();
  }

  /** A process that ends PostgreSQL if this process is killed: it is no child of Patroni, which is then killed too. */
  #guard(): void {
    const script = `while [ -d /proc/$1 ]; do sleep 1; done
      pid=$(head -n 1 "$2/postmaster.pid") && grep -q "$2" "/proc/$pid/cmdline" && kill -KILL "$pid"
      rm -rf "$2"`;
    const args = ['-c', script, 'guard', String(process.pid), this.#dataDirectory];
    const [command, ...rest] = unprivileged('sh', args, 'clear');
    spawn(command, rest, { detached: true, stdio: 'ignore' }).unref();
  }

  async #isRole(role: string): Promise<boolean> {
    const answer = fetch(`http://127.0.0.1:${this.restPort}/${role}`, { signal: AbortSignal.timeout(1000) });
    return (await answer.catch(() => undefined))?.status === 200;
  }

  #stop(pid: number): void {
    if (this.#paused.includes(pid)) return;
    this.#paused.push(pid);
    signal(pid, 'SIGSTOP');
  }

  /** PostgreSQL and its children. */
  #processes(): number[] {
    const file = join(this.#dataDirectory, 'postmaster.pid');
    if (!existsSync(file)) return [];
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    // A killed server leaves its file, and its id may belong to another process since.
    const isItself =
      isAlive(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.#dataDirectory);
    return isItself ? processesOf(pid) : [];
  }

  #stopPostgres(): void {
    this.resume();
    if (this.#processes().length === 0) return;
    const program = join(this.environment.PATRONI_POSTGRESQL_BIN_DIR ?? '', 'pg_ctl');
    const [command, ...args] = unprivileged(program, ['stop', '-D', this.#dataDirectory, '-m', 'immediate']);
    spawnSync(command, args, { cwd: this.#options.directory });
  }

  get #dataDirectory(): string {
    return this.environment.PATRONI_POSTGRESQL_DATA_DIR ?? '';
  }
}

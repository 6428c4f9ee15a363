import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { endWithRun } from './end-with-run.ts';
import { isRoot, nobody, ownDirectory, unprivileged } from './other-user.ts';
import { findPart, type PartName, partPath } from './parts.ts';
import { freePort } from './ports.ts';
import { initializedOnce } from './postgres-data.ts';
import { startProcess } from './running-process.ts';
import { suiteWith } from './suite-with.ts';
import { inMemory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

export type PostgresServer = {
  port: number;
  /** The id of the current process; a restart changes it. */
  readonly pid: number;
  /** The URL of a database, for its superuser. */
  adminUrl(database?: string): string;
  /**
   * Creates a database of a role without other rights, empty or a copy of the one at the URL `template`. Resolves to its
   * URL for this role.
   */
  createDatabase(template?: string): Promise<string>;
  /** Ends the connections to a database, and removes it. */
  dropDatabase(url: string): Promise<void>;
  /** The folder of the server, with its data in `data`. */
  directory: string;
  /** Runs a program of PostgreSQL in that folder, as the user of the server. Resolves to its output. */
  run(program: string, args: string[]): Promise<string>;
  /** Ends all connections and stops. */
  stop(): Promise<void>;
  /** SIGKILL: open connections fail. */
  kill(): Promise<void>;
  /** Starts on the same port with the same data, whether it was stopped before or not. */
  restart(): Promise<void>;
  /** Makes a standby a primary. */
  promote(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers, the worst outage for a client. */
  pause(): void;
  resume(): void;
};

type PostgresOptions = {
  /** The folder of `initdb`, `pg_ctl` and `postgres`. */
  programs?: string;
  /** Settings of the server, such as `max_connections`. */
  settings?: Record<string, string>;
  /** It begins as a standby of this server, with the same data. */
  standbyOf?: PostgresServer;
  /** Its certificate and key in PEM; it then accepts TLS too, at `localhost`. */
  tls?: { certificate: string; key: string };
  /** Where the folder of the data is made, and that of the log (WAL) if it is a separate one. */
  parent?: string;
  logParent?: string;
};

const role = 'mayfly';
// More than the open databases of a test file need together.
const maxConnections = '300';

/** A separate real PostgreSQL server, with the settings of its version for durability. */
export async function startPostgres({
  programs,
  settings = {},
  tls,
  standbyOf,
  parent = inMemory(),
  logParent,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = programs ?? dirname(await partPath('postgres'));
  const port = await freePort();
  const directory = ownDirectory('postgres', parent);
  const data = join(directory, 'data');
  const options = ['-U', 'postgres', '-A', 'trust', '--no-locale', '-E', 'UTF8'];
  // An interrupted initialisation is never used, so only later writes are synced.
  const initialize = (...more: string[]) => run('initdb', ['-D', data, ...options, ...more, '--no-sync']);
  if (standbyOf) {
    const copy = ['-D', data, '-R', '--checkpoint=fast', '--no-sync', '-d', standbyOf.adminUrl()];
    await run('pg_basebackup', copy);
  } else if (logParent === undefined) await initializedOnce(folder, data, options, initialize);
  // Small segments, so that a small disk for the log can be filled.
  else await initialize('-X', join(ownDirectory('wal', logParent), 'wal'), '--wal-segsize=1');

  function start(program: string, args: string[]) {
    const [command, ...rest] = unprivileged(join(folder, program), args);
    return startProcess(command, rest, { cwd: directory });
  }

  async function run(program: string, args: string[]): Promise<string> {
    const started = start(program, args);
    if ((await started.exited) !== 0) throw new Error(`${program}: ${started.output()}`);
    return started.output();
  }

  async function launch() {
    const options = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: directory,
      max_connections: maxConnections,
      // In the folder of the data, so that a killed server leaves nothing outside of it.
      dynamic_shared_memory_type: 'mmap',
      ...(tls && tlsSettings(directory, tls)),
      ...settings,
    };
    const args = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const launched = start('postgres', ['-D', data, ...args]);
    endWithRun(() => {
      if (!launched.isRunning()) return;
      resume();
      const [command, ...rest] = unprivileged(join(folder, 'pg_ctl'), [
        'stop',
        '-D',
        data,
        '-m',
        'immediate',
      ]);
      spawnSync(command, rest, { cwd: directory });
    });
    await waitFor(`postgres on port ${port}`, async () => {
      if (!launched.isRunning()) throw new Error(launched.output());
      return administer('SELECT 1').then(() => true);
    });
    return launched;
  }

  const adminUrl = (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}`;

  async function administer(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: adminUrl(), connectionTimeoutMillis: 5000 });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  const paused = new Set<number>();
  const resume = () => {
    for (const pid of paused) signal(pid, 'SIGCONT');
    paused.clear();
  };

  let server = await launch();
  if (standbyOf === undefined) await administer(`CREATE ROLE ${role} LOGIN`);
  let databases = 0;

  const stop = async () => {
    resume();
    // SIGTERM would wait until the clients have closed their connections.
    server.signal('SIGINT');
    // A checkpointer that has just been started after a crash can miss the request to stop.
    const late = setTimeout(() => server.signal('SIGQUIT'), 10_000);
    await server.exited;
    clearTimeout(late);
  };
  return {
    port,
    get pid() {
      return server.pid;
    },
    adminUrl,
    async createDatabase(template) {
      databases += 1;
      const name = `test_${databases}`;
      const original = template === undefined ? 'template1' : nameIn(template);
      // Copying the files takes less than half of the time of writing their pages to the log.
      await administer(`CREATE DATABASE ${name} OWNER ${role} TEMPLATE ${original} STRATEGY file_copy`);
      if (template !== undefined) await administer(copySettings(original, name));
      return `postgres://${role}@127.0.0.1:${port}/${name}`;
    },
    directory,
    run,
    dropDatabase: (url) => administer(`DROP DATABASE ${nameIn(url)} WITH (FORCE)`),
    stop,
    async kill() {
      const processes = processesOf(server.pid);
      await server.kill();
      // They end once they notice, and a server that starts on the same data before that refuses to.
      await waitFor('the processes of postgres to end', () => processes.every((pid) => !isAlive(pid)));
    },
    async restart() {
      await stop();
      server = await launch();
    },
    async promote() {
      await run('pg_ctl', ['promote', '-w', '-D', data]);
    },
    pause() {
      // The server itself first, so that it starts no further process.
      signal(server.pid, 'SIGSTOP');
      for (const pid of processesOf(server.pid)) {
        paused.add(pid);
        signal(pid, 'SIGSTOP');
      }
    },
    resume,
  };
}

let shared: Promise<PostgresServer> | undefined;

/** One PostgreSQL server for all tests of this process that never stop it. Each test creates its own databases. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= startPostgres();
  return shared;
}

/**
 * A `describe` that needs PostgreSQL. The shared server starts before its tests: when a test times out, Bun kills every
 * process that was started within a test.
 */
export async function suiteWithPostgres<Name extends PartName>(
  name: string,
  body: (paths: Record<Name | 'postgres', string>) => void,
  parts: readonly Name[] = [],
): Promise<void> {
  if ((await findPart('postgres')) !== undefined) await sharedPostgres();
  await suiteWith(['postgres', ...parts], name, body);
}

function nameIn(url: string): string {
  return new URL(url).pathname.slice(1);
}

/** The settings of the role in a database, which are no part of the copied database. */
function copySettings(from: string, to: string): string {
  return `DO $$
    DECLARE
      setting text[];
    BEGIN
      FOR setting IN
        SELECT regexp_match(each, '([^=]*)=(.*)') FROM pg_db_role_setting, unnest(setconfig) AS each
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '${from}') AND setrole = '${role}'::regrole
      LOOP
        EXECUTE format('ALTER ROLE ${role} IN DATABASE ${to} SET %I = %L', setting[1], setting[2]);
      END LOOP;
    END $$`;
}

/** Writes the files of a server that accepts TLS. @returns Its settings */
function tlsSettings(directory: string, { certificate, key }: NonNullable<PostgresOptions['tls']>) {
  const files = { ssl_cert_file: join(directory, 'server.pem'), ssl_key_file: join(directory, 'server.key') };
  writeFileSync(files.ssl_cert_file, certificate);
  writeFileSync(files.ssl_key_file, key, { mode: 0o600 });
  if (isRoot) for (const file of Object.values(files)) chownSync(file, nobody, nobody);
  return { ssl: 'on', ...files, listen_addresses: 'localhost' };
}

/** A server process and its children. */
export function processesOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

export function signal(pid: number, name: NodeJS.Signals): void {
  // A child may have ended by itself.
  if (isAlive(pid)) process.kill(pid, name);
}

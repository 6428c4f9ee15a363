import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { checkout, makeScratchFolder } from '../checkout.ts';
import { cpuOfTree } from '../cpu.ts';
import type { Lifetime } from '../lifetime.ts';
import { freePort, untilReady } from '../ports.ts';
import { runProcess, startProcess } from '../processes.ts';

/** Debian's PostgreSQL 15. */
const programs = '/usr/lib/postgresql/15/bin';
const limitSeconds = 120;

/** A PostgreSQL server with one database. Times of the processor are in µs. */
export type PostgresServer = {
  url: string;
  port: number;
  /** The time of all processes of the server, those that have ended too. */
  cpu(): number;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Runs pgbench with a script for a number of seconds. @returns the transactions of all clients */
  pgbench(
    script: string,
    clients: number,
    seconds: number,
  ): Promise<{ transactions: number; perSecond: number }>;
};

/**
 * Starts a new PostgreSQL on the disk of the checkout, with the shipped settings of durability.
 *
 * @param syncDelay How much longer each sync of a file takes (ms): disks of servers need from 0.1 ms to several ms. strace
 *   delays the calls; without a delay it is not there.
 */
export async function startPostgres(lifetime: Lifetime, syncDelay = 0): Promise<PostgresServer> {
  const folder = makeScratchFolder(lifetime);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const owner = ownerOf(folder, data);
  const initdb = [
    `${programs}/initdb`,
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '--no-locale',
    '-E',
    'UTF8',
  ];
  await runProcess(lifetime, [...owner, ...initdb], limitSeconds);
  const port = await freePort();
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${data}`,
    'max_connections=200',
  ];
  const command = [
    ...slowed(syncDelay),
    `${programs}/postgres`,
    '-D',
    data,
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
  const running = startProcess(lifetime, [...owner, ...command], join(folder, 'output.log'));
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  // Mayfly sets limits of time on its role, which is this one.
  const options = '-c statement_timeout=0 -c lock_timeout=0';
  const pool = new pg.Pool({ connectionString: url, max: 1, options });
  pool.on('error', () => undefined);
  lifetime.onEnd(() => pool.end());
  await untilReady('postgres', running, async () => (await pool.query('SELECT 1')).rowCount === 1);
  return {
    url,
    port,
    cpu: () => cpuOfTree(running.pid),
    query: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await pool.query<Row>(text, values)).rows,
    async pgbench(script, clients, seconds) {
      const file = join(makeScratchFolder(lifetime), 'script.sql');
      await Bun.write(file, script);
      const load = ['-n', '-M', 'prepared', '-c', String(clients), '-T', String(seconds), '-f', file];
      const { stdout } = await runProcess(
        lifetime,
        [`${programs}/pgbench`, ...load, url],
        seconds + limitSeconds,
      );
      const transactions = Number(/actually processed: (\d+)/.exec(stdout)?.[1]);
      const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
      if (!(transactions > 0)) throw new Error(`pgbench did nothing:\n${stdout}`);
      return { transactions, perSecond };
    },
  };
}

/** strace runs beside the server, which keeps its own process id, and stops it at no other call. */
function slowed(syncDelay: number): string[] {
  if (syncDelay === 0) return [];
  const calls = 'fdatasync,fsync';
  const inject = `inject=${calls}:delay_enter=${syncDelay}ms`;
  return [
    'strace',
    '-D',
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${calls}`,
    '-e',
    inject,
  ];
}

/** Bytes that were ever written to the log. */
export async function logPosition(database: PostgresServer): Promise<number> {
  const [row] = await database.query<{ at: string }>(
    "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS at",
  );
  return Number(row?.at);
}

/** PostgreSQL refuses to run as root: then it runs as the user of its package. @returns the command that changes the user */
function ownerOf(folder: string, data: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const { uid, gid } = statSync('/var/lib/postgresql');
  for (const path of [folder, data]) chownSync(path, uid, gid);
  if ((statSync(checkout).mode & 0o1) === 0)
    throw new Error(`${checkout} must be accessible to the user of PostgreSQL`);
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { DatabaseServer } from './cluster.ts';
import { ownDirectory, unprivileged } from './other-user.ts';
import { checkout, partPath } from './parts.ts';
import { PatroniMember } from './patroni-member.ts';
import { accepts, freePort } from './ports.ts';
import { type RunningProcess, startProcess } from './running-process.ts';
import { inMemory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

/** PostgreSQL on two machines, managed by Patroni with etcd, behind HAProxy. Its URLs lead to HAProxy. */
export type PatroniCluster = DatabaseServer & {
  /** The URL of both servers, without HAProxy, for the role of Mayfly. */
  hostsUrl: string;
  members: [PatroniMember, PatroniMember];
  /** The member that HAProxy would use. */
  primary(): Promise<PatroniMember>;
  /** Waits until a standby has all that the primary has, and could take over. */
  untilWhole(): Promise<void>;
  /** Runs `patronictl` to its end and expects success. */
  control(...args: string[]): Promise<void>;
};

const files = join(checkout, 'deploy', 'patroni');
const database = 'mayfly';
const password = 'secret';

/** Over `patroni.yml`: times that keep tests short, and nothing outside of the folder. */
const overridesIn = (directory: string) => ({
  bootstrap: { dcs: { ttl: 8, loop_wait: 1, retry_timeout: 3 } },
  postgresql: {
    parameters: {
      // pg_rewind could not copy a socket in the folder of the data.
      unix_socket_directories: directory,
      dynamic_shared_memory_type: 'mmap',
      wal_keep_size: '128MB',
      wal_retrieve_retry_interval: '200ms',
    },
  },
});

/** Starts everything with the files in `deploy/patroni`. */
export async function startPatroni(): Promise<PatroniCluster> {
  const etcd = await startEtcd();
  const one = await createMember('one', etcd.port);
  const two = await createMember('two', etcd.port);
  // The second one copies the database of the first.
  one.start();
  await waitFor('the first primary', () => one.isPrimary(), { timeoutMs: 60_000 });
  two.start();
  const haproxy = await startHaproxy(one, two);
  const at = (hosts: string, user: string, name = 'postgres') =>
    `postgres://${user}:${password}@${hosts}/${name}`;
  const adminUrl = (name?: string) => at(`127.0.0.1:${haproxy.port}`, 'postgres', name);

  async function administer<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: adminUrl(), connectionTimeoutMillis: 5000 });
    // HAProxy ends connections at will.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  const cluster: PatroniCluster = {
    adminUrl,
    hostsUrl: at(`127.0.0.1:${one.port},127.0.0.1:${two.port}`, database, database),
    members: [one, two],
    async createDatabase() {
      await administer(`CREATE ROLE ${database} LOGIN PASSWORD '${password}'`);
      await administer(`GRANT pg_read_all_stats TO ${database}`);
      await administer(`CREATE DATABASE ${database} OWNER ${database}`);
      return at(`127.0.0.1:${haproxy.port}`, database, database);
    },
    primary: () =>
      waitFor(
        'a primary',
        async () => {
          for (const member of [one, two]) if (await member.isPrimary()) return member;
          return undefined;
        },
        { timeoutMs: 60_000 },
      ),
    async untilWhole() {
      const hasStandby = async () => {
        const standbys = await administer("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
        // PostgreSQL waits for a standby a little before Patroni would promote it.
        return standbys.length === 1 && ((await one.isSynchronous()) || (await two.isSynchronous()));
      };
      await waitFor('a synchronous standby', hasStandby, { timeoutMs: 120_000, everyMs: 100 });
    },
    async control(...args) {
      const tool = startProcess('patronictl', ['-c', one.configuration, ...args], { env: one.environment });
      if ((await tool.exited) !== 0) throw new Error(tool.output());
    },
    async stop() {
      await haproxy.process.stop();
      await Promise.all([one.stop(), two.stop()]);
      await etcd.process.stop();
    },
  };
  await cluster.untilWhole();
  return cluster;
}

async function createMember(name: string, etcdPort: number): Promise<PatroniMember> {
  const [program, postgres] = await Promise.all([partPath('patroni'), partPath('postgres')]);
  const [port, restPort] = await Promise.all([freePort(), freePort()]);
  const directory = ownDirectory(`patroni-${name}`, inMemory());
  // Patroni merges the files of a folder in the order of their names.
  const configuration = join(directory, 'configuration');
  mkdirSync(configuration);
  writeFileSync(join(configuration, '1.yml'), readFileSync(join(files, 'patroni.yml')));
  writeFileSync(join(configuration, '2.yml'), JSON.stringify(overridesIn(directory)));
  const values: Record<string, string> = {
    NAME: name,
    POSTGRESQL_LISTEN: `127.0.0.1:${port}`,
    POSTGRESQL_CONNECT_ADDRESS: `127.0.0.1:${port}`,
    RESTAPI_LISTEN: `127.0.0.1:${restPort}`,
    RESTAPI_CONNECT_ADDRESS: `127.0.0.1:${restPort}`,
    ETCD_HOSTS: `127.0.0.1:${etcdPort}`,
    RESTAPI_USERNAME: 'patroni',
    RESTAPI_PASSWORD: password,
    SUPERUSER_USERNAME: 'postgres',
    SUPERUSER_PASSWORD: password,
    REPLICATION_USERNAME: 'replicator',
    REPLICATION_PASSWORD: password,
  };
  const documented = readFileSync(join(files, 'machine.env'), 'utf8').matchAll(/^PATRONI_(\w+)=/gm);
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    PATRONI_POSTGRESQL_BIN_DIR: dirname(postgres),
    PATRONI_POSTGRESQL_DATA_DIR: join(directory, 'data'),
    PATRONI_POSTGRESQL_PGPASS: join(directory, 'pgpass'),
  };
  for (const [, key = ''] of documented) {
    const value = values[key];
    if (value === undefined) throw new Error(`machine.env has PATRONI_${key}, which this test does not set`);
    environment[`PATRONI_${key}`] = value;
  }
  return new PatroniMember({ name, program, directory, configuration, environment, port, restPort });
}

/** One etcd is enough for a test: what etcd survives is not tested. */
async function startEtcd(): Promise<{ process: RunningProcess; port: number }> {
  const [port, peerPort] = await Promise.all([freePort(), freePort()]);
  const [url, peerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const [command, ...args] = unprivileged(await partPath('etcd'), [
    `--data-dir=${ownDirectory('etcd', inMemory())}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--enable-v2=true',
  ]);
  const server = startProcess(command, args);
  await waitFor('etcd', async () => (await fetch(`${url}/health`)).ok, { timeoutMs: 30_000 });
  return { process: server, port };
}

async function startHaproxy(one: PatroniMember, two: PatroniMember) {
  const port = await freePort();
  const env = {
    PATH: process.env.PATH ?? '',
    LISTEN: `127.0.0.1:${port}`,
    DATABASE_ONE: `127.0.0.1:${one.port}`,
    DATABASE_TWO: `127.0.0.1:${two.port}`,
    PATRONI_PORT_ONE: String(one.restPort),
    PATRONI_PORT_TWO: String(two.restPort),
  };
  const file = join(files, 'haproxy.cfg');
  const program = await partPath('haproxy');
  const proxy = startProcess('setpriv', ['--pdeathsig=TERM', program, '-f', file], { env });
  await waitFor('haproxy', () => {
    if (!proxy.isRunning()) throw new Error(proxy.output());
    return accepts(port);
  });
  return { process: proxy, port };
}

import { afterAll, beforeAll } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { mayflyOutput } from './mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from './mayfly-process.ts';
import { checkout, type PartName } from './parts.ts';
import { freePort } from './ports.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { type S3Server, startS3 } from './s3.ts';
import { suiteWith } from './suite-with.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { startHaproxy, startNginx, type WebProxy } from './web-proxies.ts';

type ClusterOptions = NodeOptions & {
  /** Instead of a new server. */
  postgres?: Promise<PostgresServer>;
  /** Settings of the new PostgreSQL server. */
  settings?: Record<string, string>;
};

type NodeOptions = {
  /** The runtimes of the nodes: three on Bun by default. */
  runtimes?: Runtime[];
  /** The proxy before the nodes, or what starts one for their ports. */
  proxy?: 'nginx' | 'haproxy' | ((ports: number[]) => Promise<WebProxy>);
  /** The time that a node has to answer a check of haproxy. */
  checkTimeout?: string;
  /** Settings of every node over those of the cluster. */
  env?: Record<string, string>;
  /** Settings of single nodes, by their index. */
  envOf?: Record<number, Record<string, string>>;
  /** Programs that run single nodes, by their index. */
  commandPrefixes?: Record<number, string[]>;
  /** No periodic sweep: the test decides when to sweep. */
  clockless?: boolean;
  /** Whether the bucket keeps removed and replaced objects as earlier versions. */
  keepsVersions?: boolean;
  /** Where the nodes find the database, instead of at its own URL, which the commands use. */
  throughPooler?: (url: string) => Promise<{ url: string; stop(): unknown }>;
};

/** What the nodes need of their database server. */
export type DatabaseServer = Pick<PostgresServer, 'createDatabase' | 'adminUrl' | 'stop'>;

/** Nodes behind a proxy, with one PostgreSQL, one Redis and one S3 server. */
export type Cluster = NodesOnDatabase & { postgres: PostgresServer };

/** The same, whatever the database server is. */
export type NodesOnDatabase = {
  /** The URL of the proxy. */
  url: string;
  nodes: MayflyProcess[];
  redis: RedisServer;
  s3: S3Server;
  /** The settings of a node or a command. */
  env: Record<string, string>;
  /** The folder of the program that commands and restarted nodes run. */
  program: string;
  /** Runs a command to its end and expects success. @returns Its output */
  command(...args: string[]): Promise<string>;
  /** Rows of the database, read by its superuser. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Starts a node that has ended, on its port. */
  restart(index: number): Promise<MayflyProcess>;
  stop(): Promise<void>;
};

/** The time limit of the start and of the stop of a cluster (ms). */
const hookLimit = 300_000;
/** The dependencies of a cluster. */
export const clusterParts = ['postgres', 'redis-server', 'versitygw', 'nginx', 'haproxy'] as const;

/**
 * A `describe` with a cluster, which starts before its tests and stops after them: when a test times out, Bun kills
 * every process that was started within a test.
 */
export async function suiteOnCluster(
  name: string,
  options: ClusterOptions,
  body: (cluster: () => Cluster) => void,
  needed: PartName[] = [],
): Promise<void> {
  await suiteWith([...clusterParts, ...needed], name, () => {
    let cluster: Cluster | undefined;
    beforeAll(async () => {
      cluster = await startCluster(options);
    }, hookLimit);
    afterAll(() => cluster?.stop(), hookLimit);
    body(() => {
      if (cluster === undefined) throw new Error('the cluster did not start');
      return cluster;
    });
  });
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const postgres = await (options.postgres ?? startPostgres({ settings: options.settings ?? {} }));
  // The same object, since the test may set its program.
  return Object.assign(await startNodes(postgres, options), { postgres });
}

/** Starts nodes on an empty database of this server, which stops with them. */
export async function startNodes(
  postgres: DatabaseServer,
  options: NodeOptions = {},
): Promise<NodesOnDatabase> {
  const { runtimes = ['bun', 'bun', 'bun'], proxy = 'nginx', clockless = true, envOf = {} } = options;
  const [redis, s3] = await Promise.all([
    startRedis(),
    startS3({ keepsVersions: options.keepsVersions ?? false }),
  ]);
  const databaseUrl = await postgres.createDatabase();
  const pooler = await options.throughPooler?.(databaseUrl);
  const ports = await Promise.all(runtimes.map(() => freePort()));
  const front = await startFront(proxy, ports, options.checkTimeout);
  // Nothing is stored in it.
  const dataDir = join(temporaryDirectory('nothing'), 'data');
  const env = {
    ...s3.env,
    DATABASE_URL: pooler?.url ?? databaseUrl,
    ...(pooler && { DATABASE_DIRECT_URL: databaseUrl }),
    REDIS_URL: redis.url,
    SECRET: randomBytes(32).toString('hex'),
    PUBLIC_URL: front.origin,
    TRUSTED_PROXIES: '127.0.0.1',
    LOG_LEVEL: 'warn',
    ...withoutLimits,
    ...options.env,
  };
  const start = (index: number) => {
    const commandPrefix = options.commandPrefixes?.[index];
    return startMayfly({
      runtime: runtimes[index] ?? 'bun',
      env: { ...env, PORT: String(ports[index]), ...envOf[index] },
      dataDir,
      program: cluster.program,
      clockless,
      // Several clusters may start at once.
      readyWithinMs: 60_000,
      ...(commandPrefix && { commandPrefix, readyPath: '/healthz' as const }),
    });
  };
  const { pathname } = new URL(databaseUrl);
  const nodes: MayflyProcess[] = [];
  const cluster: NodesOnDatabase = {
    url: front.origin,
    nodes,
    redis,
    s3,
    env,
    program: checkout,
    command: (...args) => mayflyOutput(dataDir, args, env, cluster.program),
    async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      const client = new pg.Client({ connectionString: postgres.adminUrl(pathname.slice(1)) });
      await client.connect();
      try {
        return (await client.query<Row>(text, values)).rows;
      } finally {
        await client.end();
      }
    },
    async restart(index) {
      const node = await start(index);
      nodes[index] = node;
      return node;
    },
    async stop() {
      await front.stop();
      await Promise.all(nodes.map((node) => node.stop()));
      await pooler?.stop();
      await Promise.all([redis.stop(), s3.stop(), postgres.stop()]);
    },
  };
  // The first one fills the database.
  nodes.push(await start(0));
  nodes.push(...(await Promise.all(runtimes.slice(1).map((_, index) => start(index + 1)))));
  return cluster;
}

function startFront(
  proxy: NonNullable<NodeOptions['proxy']>,
  ports: number[],
  checkTimeout: string | undefined,
): Promise<WebProxy> {
  if (typeof proxy === 'function') return proxy(ports);
  return proxy === 'nginx'
    ? startNginx({ ports, basePath: '', strips: false })
    : startHaproxy({ ports, checkTimeout });
}

/** All calls come from one address. */
const withoutLimits = {
  RATE_LIMIT: '0',
  KEY_RATE_LIMIT: '0',
  GUEST_RATE_LIMIT: '0',
  PRESIGN_RATE_LIMIT: '0',
  MAX_UPLOADS_PER_CLIENT: '0',
};

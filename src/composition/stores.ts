import { statSync } from 'node:fs';
import type { Config } from '../config/index.ts';
import { errorCode } from '../core/failure.ts';
import type { Clock, Timers } from '../core/ports/clock.ts';
import type { Probe } from '../core/ports/probe.ts';
import type { Stores } from '../core/ports/stores.ts';
import type { OutboxOptions } from '../core/ports/webhooks/outbox.ts';
import { DatabaseMetrics } from '../observe/database-metrics.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { StoreStates } from '../observe/store-states.ts';
import { agingTables, cached } from '../stores/cached/index.ts';
import type { CacheCounts } from '../stores/cached/read-cache.ts';
import type { SharedChanges } from '../stores/invalidation/shared-changes.ts';
import { SystemNames } from '../stores/names/system-names.ts';
import type { openToExamine } from '../stores/postgres/database/open.ts';
import type { PostgresPayloadStore } from '../stores/postgres/payloads/payloads.ts';
import { requireThatOfOthers } from './deployment.ts';

/** An open database with the current schema. */
export type OpenDatabase = {
  createStores(outbox: OutboxOptions, surroundings: Surroundings): Stores;
  /** Only of a database server: its random name, the same for all processes, and a call after each new connection. */
  server?: { id: string; onConnect: (listener: () => void) => void };
  /** The clock that all processes on this database share. */
  clock: Clock;
  /** The maximum age of cached rows (ms); undefined if every process notices at once what others change. */
  maxAge: number | undefined;
  cacheCounts: CacheCounts;
  /** Whether the changes of other processes arrive, if any rows are cached. */
  isSubscribed: () => boolean;
  /** Checks that only this kind of database needs. */
  probes: Probe[];
  /** The database's time minus the machine's, and by how much `clock` may be wrong (ms), if it is not the machine's. */
  clockState: (() => { difference: number; error: number }) | undefined;
  /** How long ago the last row expired of a table of payloads that is not emptied (ms); only of the ring. */
  oldestSlot: ((now: number) => Promise<number>) | undefined;
  /** Counts the synchronous standbys, if the database must have one. */
  countStandbys?: () => Promise<number>;
  /** Whether it was created, or was empty. */
  isNew: boolean;
  /** What the operator should know, each in one line. */
  warnings: string[];
  /** Resolves with the reason when another version has migrated it so that this one must stop. */
  unusable: Promise<string>;
};

/** What stores of several nodes need. */
export type Surroundings = { states: StoreStates; log: Logger; names: SystemNames };

/** The database server cannot be reached or used; the cause is its error. */
export class ServerFailure extends Error {
  constructor(cause: unknown) {
    super('the database server cannot be used', { cause });
  }
}

type Opening = {
  timers: Timers;
  metrics: Metrics;
  /** Whether the schema is created in an empty database of a server. That of a new file always is. */
  mayCreate: boolean;
};

/**
 * Opens the database of the configuration. The schema of a file is also brought up to date, since no other process
 * depends on it.
 *
 * @throws ServerFailure
 */
export async function openDatabase(config: Config, opening: Opening): Promise<OpenDatabase> {
  const { database } = config;
  return database.kind === 'file' ? openFile(database.file) : openServer(config, database, opening);
}

/**
 * Brings the schema of the database up to date without opening its stores.
 *
 * @returns Whether the database is new.
 * @throws ServerFailure
 */
export async function migrateDatabase(config: Config): Promise<boolean> {
  const { database } = config;
  if (database.kind === 'file') {
    const isNew = isFileMissing(database.file);
    const { openConnection } = await import('../stores/sqlite/database/connection.ts');
    openConnection(database.file).raw.close();
    return isNew;
  }
  const { prepareServer } = await import('../stores/postgres/database/open.ts');
  const prepared = prepareServer(serverOptions(config, database), { empty: true, older: true });
  return (await prepared.catch(serverFailed)).isNew;
}

/** Checks a database server, and creates the schema if its database is empty. @throws ServerFailure */
export async function prepareEmpty(config: Config, server: Server): Promise<void> {
  const { prepareServer } = await import('../stores/postgres/database/open.ts');
  await prepareServer(serverOptions(config, server), { empty: true, older: false }).catch(serverFailed);
}

/** Opens a database server so that nothing in its database changes. @throws ServerFailure */
export async function examineServer(config: Config, server: Server) {
  const [{ openToExamine }, { readDeployment }] = await Promise.all([
    import('../stores/postgres/database/open.ts'),
    import('../stores/postgres/deployment.ts'),
  ]);
  const opened = await openToExamine(serverOptions(config, server)).catch(serverFailed);
  const { sql, warnings } = opened;
  const ping = async () => void (await sql.read({ text: 'SELECT 1' }));
  const database: Probe = { name: 'database', dispensable: false, where: server.where, ping };
  const deployment: Probe = {
    name: 'deployment',
    dispensable: false,
    ping: () => requireThatOfOthers(config, { read: () => readDeployment(sql) }),
  };
  const { probes } = await serverProbes(config, server, opened);
  return { probes: [database, deployment, ...probes], warnings, close: () => sql.close() };
}

/** Whether the file does not exist. Other problems are reported when the database is opened. */
export function isFileMissing(file: string): boolean {
  try {
    statSync(file);
    return false;
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
}

async function openFile(file: string): Promise<OpenDatabase> {
  const isNew = isFileMissing(file);
  // Only the driver that is used is loaded.
  const [{ openConnection }, { createSqliteStores }] = await Promise.all([
    import('../stores/sqlite/database/connection.ts'),
    import('../stores/sqlite/index.ts'),
  ]);
  const connection = openConnection(file);
  const cacheCounts = noReads();
  return {
    createStores: (outbox) => cached(createSqliteStores(connection, outbox), { counts: cacheCounts }),
    clock: Date.now,
    maxAge: undefined,
    cacheCounts,
    isSubscribed: () => true,
    probes: [],
    clockState: undefined,
    oldestSlot: undefined,
    isNew,
    warnings: [],
    unusable: new Promise(() => undefined),
  };
}

async function openServer(
  config: Config,
  server: Server,
  { timers, metrics, mayCreate }: Opening,
): Promise<OpenDatabase> {
  const [{ openServer: open }, { createPostgresStores }, { SharedChanges }, { redisHost }] =
    await Promise.all([
      import('../stores/postgres/database/open.ts'),
      import('../stores/postgres/index.ts'),
      import('../stores/invalidation/shared-changes.ts'),
      import('../stores/redis/connection.ts'),
    ]);
  const observer = new DatabaseMetrics(metrics.registry);
  const options = { ...serverOptions(config, server), observer };
  const opened = await open(options, timers, mayCreate).catch(serverFailed);
  const { sql, standby, clock, schema, stopWatching, id, onConnect, isNew, warnings, canTruncate } = opened;
  const emptySlots = config.emptySlots ?? (canTruncate ? 'truncate' : 'delete');
  const maxAge = config.cacheSeconds * 1000;
  const cacheCounts = noReads();
  let shared: SharedChanges | undefined;
  let payloads: PostgresPayloadStore | undefined;
  const createStores = (outbox: OutboxOptions, { states, log, names }: Surroundings): Stores => {
    // A row in a cache lets a download begin this much after the release.
    const releaseGrace = config.longestRead + maxAge;
    const created = createPostgresStores(sql, outbox, {
      emptySlots,
      releaseGrace,
      observer,
      standby,
    });
    payloads = created.payloads;
    const stores: Stores = created;
    const { redisUrl: url } = config;
    if (maxAge > 0 && url !== undefined) {
      const subscription = { name: 'changes', where: redisHost(url), dispensable: true };
      shared = new SharedChanges({
        url,
        lookup: names.lookupForSocket,
        local: stores.changes,
        tables: agingTables,
        // Other databases may share this Redis.
        channel: `mayfly:${id}:changes`,
        timers,
        observer: {
          lost: (error) => states.failed(subscription, error),
          back: () => states.answered(subscription),
          malformed: () => log.warn({ event: 'malformed_change' }, 'a malformed message in Redis is ignored'),
        },
      });
    }
    const changes = shared ?? stores.changes;
    return {
      ...(maxAge === 0
        ? stores
        : cached({ ...stores, changes }, { maxAge, objects: false, counts: cacheCounts })),
      close: async () => {
        stopWatching();
        await shared?.close();
        await stores.close();
      },
    };
  };
  const { probes, countStandbys } = await serverProbes(config, server, opened);
  return {
    createStores,
    server: { id, onConnect },
    clock: clock.now,
    maxAge,
    cacheCounts,
    isSubscribed: () => maxAge === 0 || shared?.isSubscribed === true,
    probes,
    clockState: () => clock.state,
    oldestSlot: async (now) => (await payloads?.oldestSlot(now)) ?? 0,
    ...(countStandbys && { countStandbys }),
    isNew,
    warnings,
    unusable: schema.unusable,
  };
}

type Server = Extract<Config['database'], { kind: 'server' }>;

type ProbedServer = Pick<Awaited<ReturnType<typeof openToExamine>>, 'sql' | 'clock' | 'schema'>;

/** The probes that only a database server has. */
async function serverProbes({ databaseHa }: Config, { where }: Server, { sql, clock, schema }: ProbedServer) {
  const probes: Probe[] = [
    { name: 'clock', dispensable: false, where, ping: () => clock.require() },
    { name: 'schema', dispensable: false, where, ping: () => schema.require() },
  ];
  if (!databaseHa) return { probes };
  const { countSynchronousStandbys } = await import('../stores/postgres/database/standbys.ts');
  const countStandbys = () => countSynchronousStandbys(sql);
  return { probes: [...probes, standbyProbe(where, countStandbys)], countStandbys };
}

function standbyProbe(where: string, count: () => Promise<number>): Probe {
  return {
    name: 'standby',
    dispensable: true,
    degrades: true,
    where,
    ping: async () => {
      if ((await count()) === 0) throw new Error('no synchronous standby is connected to the primary');
    },
  };
}

function noReads(): CacheCounts {
  return { hits: 0, misses: 0 };
}

function serverOptions(config: Config, { url, directUrl }: Server) {
  const {
    databasePool: pool,
    databasePrepare: prepare,
    databaseEngine,
    databaseHa: hasStandby,
    workers,
    limitNodes,
  } = config;
  const processes = limitNodes * workers;
  return { url, directUrl, pool, processes, prepare, isUntested: databaseEngine === 'untested', hasStandby };
}

function serverFailed(error: unknown): never {
  throw new ServerFailure(error);
}

/** The S3 client is large: it is loaded only if S3 is configured. */
export async function openS3(
  settings: NonNullable<Config['s3']>,
  { lookupForSocket: lookup }: SystemNames = new SystemNames(),
) {
  const { S3BlobStore } = await import('../stores/blobs/s3.ts');
  return new S3BlobStore({ ...settings, lookup });
}

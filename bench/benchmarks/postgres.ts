import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import { type Finding, formatCount, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { makeRequest, makeText, payloadPath, proveRoundTrip, seedPayloads } from '../payloads.ts';
import { type Costs, costsOfPgbench, costsUnder } from '../postgres/costs.ts';
import { type PostgresServer, startPostgres } from '../postgres/server.ts';
import { numberedRows, singleInsert, singleSelect, table } from '../postgres/statements.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { type Server, startMayfly } from '../servers.ts';
import { startSharedStores } from '../shared-stores.ts';
import { type Load, putLoad } from '../wrk.ts';

type Scene = { postgres: PostgresServer; node: Server; cachedNode: Server; sqlite: Server };

/** What a sync takes on many volumes of a network (ms). */
const syncDelay = 4;

const atMost = (value: number): Target => ({ bound: 'at most', value, unit: '×' });
const atLeast = (value: number): Target => ({ bound: 'at least', value, unit: '×' });

/** Payloads on PostgreSQL: the processor time of a node against one on SQLite, and of PostgreSQL against pgbench. */
export const postgres: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const scene = await startScene(run, lifetime);
    return [
      ...(await measureCreates(run, lifetime, scene)),
      ...(await measureReads(run, lifetime, scene)),
      ...(await measureHotReads(run, lifetime, scene)),
      ...(await run.lifetime.during((own) => measureSlowDisk(run, own))),
    ];
  });

async function startScene(run: Run, lifetime: Lifetime): Promise<Scene> {
  const database = await startPostgres(lifetime);
  const shared = await startSharedStores(lifetime);
  const onPostgres = { ...shared, DATABASE_URL: database.url };
  const node = await startMayfly(lifetime, 'node', { ...onPostgres, CACHE_SECONDS: '0' });
  const cachedNode = await startMayfly(lifetime, 'node with caches', onPostgres);
  const sqlite = await startMayfly(lifetime, 'SQLite', shared);
  for (const server of [node, cachedNode, sqlite]) await proveRoundTrip(server, run.scale.contentSize);
  await database.query(table);
  await database.query(numberedRows(run.scale.ids, run.scale.contentSize));
  return { postgres: database, node, cachedNode, sqlite };
}

const measure = (run: Run, lifetime: Lifetime, database: PostgresServer, server: Server, load: Load) =>
  costsUnder(run, lifetime, database, [server], [load]);

async function measureCreates(run: Run, lifetime: Lifetime, scene: Scene): Promise<Finding[]> {
  const load = await createsOf(run, lifetime, [scene.cachedNode, scene.sqlite]);
  const insert = singleInsert(run.scale.contentSize);
  const database = scene.postgres;
  const [node = [], sqlite = [], pgbench = []] = await alternate(
    [scene.cachedNode, scene.sqlite, undefined],
    run.scale.rounds,
    (server) =>
      server === undefined
        ? costsOfPgbench(run, database, insert)
        : measure(run, lifetime, database, server, load),
  );
  const syncs = of(node, 'syncs');
  return [
    finding(
      'POST on PostgreSQL: syncs for 60 of 1,000 creates',
      `${syncs.toFixed(1)} syncs`,
      syncs / 60,
      atMost(1),
    ),
    against('POST on PostgreSQL: its CPU, to pgbench', node, pgbench, 'postgres', atMost(0.5)),
    against('POST on PostgreSQL: rate, to pgbench', node, pgbench, 'perSecond', atLeast(1.2)),
    against('POST: CPU of a node, to SQLite', node, sqlite, 'node', atMost(1.3)),
  ];
}

/** The rate of creates where the disk is the limit: on a fast one it is the processor, which the load shares. */
async function measureSlowDisk(run: Run, lifetime: Lifetime): Promise<Finding[]> {
  const database = await startPostgres(lifetime, syncDelay);
  const settings = { ...(await startSharedStores(lifetime)), DATABASE_URL: database.url };
  const server = await startMayfly(lifetime, 'node', settings);
  const load = await createsOf(run, lifetime, [server]);
  await database.query(table);
  const insert = singleInsert(run.scale.contentSize);
  const [node = [], pgbench = []] = await alternate(['node', 'pgbench'], run.scale.rounds, (contender) =>
    contender === 'node'
      ? measure(run, lifetime, database, server, load)
      : costsOfPgbench(run, database, insert),
  );
  const work = `POST on PostgreSQL, each sync ${syncDelay} ms longer: rate, to pgbench`;
  return [against(work, node, pgbench, 'perSecond', atLeast(1.2))];
}

/** A load of creates, after a warm-up. */
async function createsOf(run: Run, lifetime: Lifetime, servers: Server[]): Promise<Load> {
  const file = join(makeScratchFolder(lifetime), 'body.json');
  writeFileSync(file, makeRequest(makeText(run.scale.contentSize)));
  const load: Load = { script: 'post.lua', files: [file], connections: run.scale.connections };
  await warmUp(run, lifetime, servers, load);
  return load;
}

async function measureReads(run: Run, lifetime: Lifetime, scene: Scene): Promise<Finding[]> {
  const { ids, contentSize, rounds } = run.scale;
  const onPostgres = await readsOf(run, lifetime, await seedPayloads(scene.node, ids, contentSize));
  const onSqlite = await readsOf(run, lifetime, await seedPayloads(scene.sqlite, ids, contentSize));
  await warmUp(run, lifetime, [scene.node], onPostgres);
  await warmUp(run, lifetime, [scene.sqlite], onSqlite);
  const select = singleSelect(ids);
  const [node = [], sqlite = [], pgbench = []] = await alternate(
    ['node', 'sqlite', 'pgbench'],
    rounds,
    (contender) => {
      if (contender === 'pgbench') return costsOfPgbench(run, scene.postgres, select);
      return contender === 'node'
        ? measure(run, lifetime, scene.postgres, scene.node, onPostgres)
        : measure(run, lifetime, scene.postgres, scene.sqlite, onSqlite);
    },
  );
  return [
    against('GET without caches: CPU of a node, to SQLite', node, sqlite, 'node', atMost(3)),
    against('GET without caches: CPU of PostgreSQL, to pgbench', node, pgbench, 'postgres', atMost(0.8)),
  ];
}

async function measureHotReads(run: Run, lifetime: Lifetime, scene: Scene): Promise<Finding[]> {
  const { contentSize, rounds } = run.scale;
  const loads = new Map<Server, Load>();
  for (const server of [scene.cachedNode, scene.sqlite]) {
    const load = await readsOf(run, lifetime, await seedPayloads(server, 1, contentSize));
    loads.set(server, load);
    await warmUp(run, lifetime, [server], load);
  }
  const [node = [], sqlite = []] = await alternate([...loads], rounds, ([server, load]) =>
    measure(run, lifetime, scene.postgres, server, load),
  );
  return [against('GET of one id with caches: CPU of a node, to SQLite', node, sqlite, 'node', atMost(1.15))];
}

async function readsOf({ scale }: Run, lifetime: Lifetime, ids: string[]): Promise<Load> {
  const file = join(makeScratchFolder(lifetime), 'paths');
  writeFileSync(file, ids.map(payloadPath).join('\n'));
  return { script: 'get.lua', files: [file], connections: scale.connections };
}

async function warmUp(run: Run, lifetime: Lifetime, servers: Server[], load: Load): Promise<void> {
  for (const server of servers) await putLoad(lifetime, server, load, run.scale.warmUpSeconds);
}

function of(samples: Costs[], what: keyof Costs): number {
  return median(samples.map((sample) => sample[what]));
}

function against(work: string, ours: Costs[], theirs: Costs[], what: keyof Costs, target: Target): Finding {
  const unit = what === 'perSecond' ? '/s' : ' µs';
  const [own, other] = [of(ours, what), of(theirs, what)];
  const measured = `${formatCount(own)}${unit}; other ${formatCount(other)}${unit}`;
  return { ...finding(work, measured, own / other, target), samples: { ours, theirs } };
}

function finding(work: string, measured: string, value: number, target: Target): Finding {
  return { work, measured, value, target, samples: {} };
}

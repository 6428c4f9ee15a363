import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import type { Finding, Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { payloadPath, proveRoundTrip, seedPayloads } from '../payloads.ts';
import { compareCosts, costsOfPgbench, costsUnder } from '../postgres/costs.ts';
import { measureCreates, measureSlowDisk } from '../postgres/creates.ts';
import { type PostgresServer, startPostgres } from '../postgres/server.ts';
import { numberedRows, singleSelect, table } from '../postgres/statements.ts';
import { alternate } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { type Server, startMayfly } from '../servers.ts';
import { startSharedStores } from '../shared-stores.ts';
import { type Load, putLoad } from '../wrk.ts';

type Scene = { postgres: PostgresServer; node: Server; cachedNode: Server; sqlite: Server };

const atMost = (value: number): Target => ({ bound: 'at most', value, unit: '×' });

/** Payloads on PostgreSQL: the processor time of a node against one on SQLite, and of PostgreSQL against pgbench. */
export const postgres: Benchmark = async (run) => [
  ...(await run.lifetime.during((lifetime) => measureCreates(run, lifetime))),
  ...(await run.lifetime.during((lifetime) => measureGets(run, lifetime))),
  ...(await run.lifetime.during((lifetime) => measureSlowDisk(run, lifetime))),
];

async function measureGets(run: Run, lifetime: Lifetime): Promise<Finding[]> {
  const scene = await startScene(run, lifetime);
  return [...(await measureReads(run, lifetime, scene)), ...(await measureHotReads(run, lifetime, scene))];
}

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
    compareCosts('GET without caches: CPU of a node, to SQLite', node, sqlite, 'node', atMost(3)),
    compareCosts('GET without caches: CPU of PostgreSQL, to pgbench', node, pgbench, 'postgres', atMost(0.8)),
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
  const work = 'GET of one id with caches: CPU of a node, to SQLite';
  return [compareCosts(work, node, sqlite, 'node', atMost(1.15))];
}

async function readsOf({ scale }: Run, lifetime: Lifetime, ids: string[]): Promise<Load> {
  const file = join(makeScratchFolder(lifetime), 'paths');
  writeFileSync(file, ids.map(payloadPath).join('\n'));
  return { script: 'get.lua', files: [file], connections: scale.connections };
}

async function warmUp(run: Run, lifetime: Lifetime, servers: Server[], load: Load): Promise<void> {
  for (const server of servers) await putLoad(lifetime, server, load, run.scale.warmUpSeconds);
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import { type Finding, formatCount } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { makeRequest, makeText, payloadPath, proveRoundTrip, seedPayloads } from '../payloads.ts';
import { type Costs, costsUnder } from '../postgres/costs.ts';
import { type PostgresServer, startPostgres } from '../postgres/server.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { type Server, startMayfly } from '../servers.ts';
import { startSharedStores } from '../shared-stores.ts';
import { type Load, putLoad } from '../wrk.ts';

type Scene = { database: PostgresServer; nodes: Server[] };
type Contender = 'one' | 'two';

/** A load of each node that leaves most of the machine idle: with two nodes, nothing may wait for a core. */
const connections = 24;
const creates = { pauseMilliseconds: 20 };
const reads = { pauseMilliseconds: 30 };

/**
 * Two nodes at the same load each, against one: what a request costs a node and PostgreSQL. Each connection pauses
 * between its requests, so that the rate of a node hardly depends on how fast it is answered.
 */
export const nodes: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const scene = await startScene(run, lifetime);
    return [
      ...(await compare(run, lifetime, scene, 'POST', await createsOf(run, lifetime, scene))),
      ...(await compare(run, lifetime, scene, 'GET without caches', await readsOf(run, lifetime, scene))),
    ];
  });

async function startScene(run: Run, lifetime: Lifetime): Promise<Scene> {
  const database = await startPostgres(lifetime);
  const settings = {
    ...(await startSharedStores(lifetime)),
    DATABASE_URL: database.url,
    CACHE_SECONDS: '0',
  };
  const nodes = [
    await startMayfly(lifetime, 'node 1', settings),
    await startMayfly(lifetime, 'node 2', settings),
  ];
  for (const node of nodes) await proveRoundTrip(node, run.scale.contentSize);
  return { database, nodes };
}

async function createsOf(run: Run, lifetime: Lifetime, { nodes }: Scene): Promise<Load[]> {
  const file = join(makeScratchFolder(lifetime), 'body.json');
  writeFileSync(file, makeRequest(makeText(run.scale.contentSize)));
  return nodes.map(() => ({ script: 'post.lua', files: [file], connections, ...creates }));
}

/** Each node reads payloads of its own, as clients of different payloads do. */
function readsOf(run: Run, lifetime: Lifetime, { nodes }: Scene): Promise<Load[]> {
  const { ids, contentSize } = run.scale;
  return Promise.all(
    nodes.map(async (node): Promise<Load> => {
      const file = join(makeScratchFolder(lifetime), 'paths');
      writeFileSync(file, (await seedPayloads(node, ids, contentSize)).map(payloadPath).join('\n'));
      return { script: 'get.lua', files: [file], connections, ...reads };
    }),
  );
}

/** In turn one node and both. The one node is the first in one round and the second in the next. */
async function compare(
  run: Run,
  lifetime: Lifetime,
  { database, nodes }: Scene,
  work: string,
  loads: Load[],
): Promise<Finding[]> {
  await Promise.all(
    nodes.map((node, index) =>
      putLoad(lifetime, node, { ...(loads[index] as Load), pauseMilliseconds: 0 }, run.scale.warmUpSeconds),
    ),
  );
  const [one = [], two = []] = await alternate<Contender, Costs>(
    ['one', 'two'],
    run.scale.pacedRounds,
    (contender, round) => {
      const only = round % nodes.length;
      const used = <Item>(items: Item[]) => (contender === 'one' ? [items[only] as Item] : items);
      return costsUnder(run, lifetime, database, used(nodes), used(loads), run.scale.pacedSeconds);
    },
  );
  const rate = (costs: Costs[]) => `${formatCount(median(costs.map(({ perSecond }) => perSecond)))}/s`;
  const finding = (what: 'node' | 'postgres', name: string, limit: number): Finding => {
    const [ofOne, ofTwo] = [median(one.map((costs) => costs[what])), median(two.map((costs) => costs[what]))];
    return {
      work: `${work}, two nodes: CPU of ${name}, to one node`,
      measured: `${ofTwo.toFixed(1)} µs at ${rate(two)}; ${ofOne.toFixed(1)} µs at ${rate(one)}`,
      value: ofTwo / ofOne,
      target: { bound: 'at most', value: limit, unit: '×' },
      samples: { one, two },
    };
  };
  return [finding('node', 'a node', 1.1), finding('postgres', 'PostgreSQL', 1.25)];
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import type { Finding } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPayload, makeRequest, makeText, proveRoundTrip } from '../payloads.ts';
import { alternate } from '../rounds.ts';
import type { Run } from '../run.ts';
import { type Server, startMayfly, startPostgresFloor } from '../servers.ts';
import { startSharedStores } from '../shared-stores.ts';
import { type Load, putLoad } from '../wrk.ts';
import { type Costs, compareCosts, costsOfPgbench, costsUnder, medianCost } from './costs.ts';
import { type PostgresServer, startPostgres } from './server.ts';
import { singleInsert, table } from './statements.ts';

type Scene = { database: PostgresServer; node: Server; workers: Server; floor: Server; load: Load };

/** What a sync takes on many volumes of a network (ms). */
const syncDelay = 4;

/** The target for the rate of creates, to pgbench. */
const rateTarget = { bound: 'at least', value: 1.2, unit: '×' } as const;

/** Creates on this disk: their costs against SQLite, and the rate and costs against pgbench and the bare server. */
export async function measureCreates(run: Run, lifetime: Lifetime): Promise<Finding[]> {
  const scene = await startScene(run, lifetime);
  const sqlite = await startMayfly(lifetime, 'SQLite', await startSharedStores(lifetime));
  await proveRoundTrip(sqlite, run.scale.contentSize);
  await putLoad(lifetime, sqlite, scene.load, run.scale.warmUpSeconds);
  const { node, workers, floor, pgbench, others } = await measure(run, lifetime, scene, [sqlite]);
  const [onSqlite = []] = others;
  const syncs = medianCost(node, 'syncs');
  return [
    {
      work: 'POST on PostgreSQL: syncs for 60 of 1,000 creates',
      measured: `${syncs.toFixed(1)} syncs`,
      value: syncs / 60,
      target: { bound: 'at most', value: 1, unit: '×' },
      samples: {},
    },
    compareCosts('POST on PostgreSQL: its CPU, to pgbench', node, pgbench, 'postgres', {
      bound: 'at most',
      value: 0.5,
      unit: '×',
    }),
    compareCosts('POST on PostgreSQL: rate, to pgbench', node, pgbench, 'perSecond', rateTarget),
    compareCosts('POST on PostgreSQL with two workers: rate, to pgbench', workers, pgbench, 'perSecond'),
    compareCosts('POST to a bare server on PostgreSQL: rate, to pgbench', floor, pgbench, 'perSecond'),
    compareCosts('POST on PostgreSQL: CPU of a node, to the bare server', node, floor, 'node'),
    compareCosts('POST on PostgreSQL: its CPU, to the bare server', node, floor, 'postgres'),
    compareCosts('POST: CPU of a node, to SQLite', node, onSqlite, 'node', {
      bound: 'at most',
      value: 1.3,
      unit: '×',
    }),
  ];
}

/** The rates of creates where the disk is the limit. On a fast one it is the processor, which the load shares. */
export async function measureSlowDisk(run: Run, lifetime: Lifetime): Promise<Finding[]> {
  const scene = await startScene(run, lifetime, syncDelay);
  const { node, workers, floor, pgbench } = await measure(run, lifetime, scene);
  const title = (server: string) => `POST ${server}, each sync ${syncDelay} ms longer: rate, to pgbench`;
  return [
    compareCosts(title('on PostgreSQL'), node, pgbench, 'perSecond', rateTarget),
    compareCosts(title('on PostgreSQL with two workers'), workers, pgbench, 'perSecond'),
    compareCosts(title('to a bare server on PostgreSQL'), floor, pgbench, 'perSecond'),
  ];
}

async function startScene(run: Run, lifetime: Lifetime, delay?: number): Promise<Scene> {
  const { contentSize, connections, warmUpSeconds } = run.scale;
  const database = await startPostgres(lifetime, delay);
  const settings = { ...(await startSharedStores(lifetime)), DATABASE_URL: database.url };
  const node = await startMayfly(lifetime, 'node', settings);
  const workers = await startMayfly(lifetime, 'two workers', { ...settings, WORKERS: '2' });
  const floor = await startPostgresFloor(lifetime, database.url);
  for (const server of [node, workers]) await proveRoundTrip(server, contentSize);
  await createPayload(floor, makeText(contentSize));
  await database.query(table);
  const file = join(makeScratchFolder(lifetime), 'body.json');
  writeFileSync(file, makeRequest(makeText(contentSize)));
  const load: Load = { script: 'post.lua', files: [file], connections };
  for (const server of [node, workers, floor]) await putLoad(lifetime, server, load, warmUpSeconds);
  return { database, node, workers, floor, load };
}

/** Puts the load on each server in turn, and on PostgreSQL by pgbench. */
async function measure(run: Run, lifetime: Lifetime, scene: Scene, more: Server[] = []) {
  const { database, node, workers, floor, load } = scene;
  const insert = singleInsert(run.scale.contentSize);
  const measured = await alternate<Server | undefined, Costs>(
    [node, workers, floor, undefined, ...more],
    run.scale.rounds,
    (server) =>
      server === undefined
        ? costsOfPgbench(run, database, insert)
        : costsUnder(run, lifetime, database, [server], [load]),
  );
  const [ofNode = [], ofWorkers = [], ofFloor = [], pgbench = [], ...others] = measured;
  return { node: ofNode, workers: ofWorkers, floor: ofFloor, pgbench, others };
}

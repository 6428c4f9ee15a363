import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import { cpuOf } from '../cpu.ts';
import { type Finding, formatCount } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { createPayload, makeText, payloadPath, proveRoundTrip } from '../payloads.ts';
import { expiredSlot, fillSlot, futureSlot, idOf, leafOf, type Slot } from '../postgres/ring-rows.ts';
import { logPosition, type PostgresServer, startPostgres } from '../postgres/server.ts';
import { runProcess } from '../processes.ts';
import { alternate, median } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { bun, farFromNow, mayflyEntry, mayflySettings, type Server, startMayfly } from '../servers.ts';
import { startSharedStores } from '../shared-stores.ts';
import { type Load, putLoad } from '../wrk.ts';

type Scene = { database: PostgresServer; server: Server; settings: Record<string, string> };

const maxLog = 256 * 1024;
const maxWait = 100;
const logRounds = 5;
const sweepLimitSeconds = 600;
/** Small, so that the large slot fits on the disk. */
const rowSize = 100;

/** The ring of payload tables: what emptying a slot costs, and whether a large slot is slower than a small one. */
export const slots: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const scene = await startScene(run, lifetime);
    return [
      ...(await measureEmptying(run, lifetime, scene, run.scale.fewEmptied)),
      ...(await measureEmptying(run, lifetime, scene, run.scale.manyEmptied)),
      ...(await compareSizes(run, lifetime, scene)),
    ];
  });

async function startScene(run: Run, lifetime: Lifetime): Promise<Scene> {
  const database = await startPostgres(lifetime);
  const settings = {
    ...(await startSharedStores(lifetime)),
    DATABASE_URL: database.url,
    CACHE_SECONDS: '0',
    SWEEP_CRON: farFromNow(),
  };
  const server = await startMayfly(lifetime, 'node', settings);
  await proveRoundTrip(server, run.scale.contentSize);
  return { database, server, settings };
}

/**
 * Empties a slot of `rows` expired payloads: alone, for the log that this writes, and while creates and reads in another
 * slot go on, for how long they wait. The log has the work of autovacuum too, so the median of several rounds counts.
 */
async function measureEmptying(run: Run, lifetime: Lifetime, scene: Scene, rows: number): Promise<Finding[]> {
  const { database, server } = scene;
  const logs: number[] = [];
  for (let round = 0; round < logRounds; round += 1) {
    const filled = await fillExpired(run, scene, rows);
    const before = await logPosition(database);
    await sweep(lifetime, scene, filled);
    logs.push((await logPosition(database)) - before);
  }
  const log = median(logs);
  const filledAgain = await fillExpired(run, scene, rows);
  const waits = watchOthers(server);
  await sweep(lifetime, scene, filledAgain);
  const others = await waits.end();
  const work = `emptying a slot of ${formatCount(rows)}`;
  return [
    {
      work: `${work}: log, to 256 KB`,
      measured: `${formatCount(log)} bytes`,
      value: log / maxLog,
      target: { bound: 'at most', value: 1, unit: '×' },
      samples: { logs },
    },
    {
      work: `${work}: longest wait of other requests, to 100 ms`,
      measured: `${others.longest.toFixed(0)} ms of ${formatCount(others.creates)} creates and reads`,
      value: others.longest / maxWait,
      target: { bound: 'at most', value: 1, unit: '×' },
      samples: others,
    },
  ];
}

async function fillExpired(run: Run, { database }: Scene, rows: number): Promise<Slot> {
  run.say(`writing ${rows} expired rows`);
  const slot = expiredSlot(Date.now());
  await fillSlot(database, slot, rows, rowSize);
  await database.query('CHECKPOINT');
  return slot;
}

/** Runs a sweep as a command, and checks that the slot is empty after it. */
async function sweep(lifetime: Lifetime, { database, settings }: Scene, slot: Slot): Promise<void> {
  const command = [bun, mayflyEntry(), 'sweep'];
  const environment = mayflySettings(makeScratchFolder(lifetime), settings);
  await runProcess(lifetime, command, sweepLimitSeconds, environment);
  const table = `payloads_${String(leafOf(slot)).padStart(2, '0')}`;
  const [left] = await database.query<{ rows: string }>(`SELECT count(*) AS rows FROM ${table}`);
  if (Number(left?.rows) !== 0) throw new Error(`the sweep left ${left?.rows} rows`);
}

/** Creates and reads payloads one after the other until `end`. Times are ms. */
function watchOthers(server: Server) {
  let isOver = false;
  let longest = 0;
  let creates = 0;
  const watching = (async () => {
    while (!isOver) {
      const started = performance.now();
      const id = await createPayload(server, makeText(rowSize));
      const created = performance.now();
      await (await fetch(`${server.url}${payloadPath(id)}`)).arrayBuffer();
      longest = Math.max(longest, created - started, performance.now() - created);
      creates += 1;
    }
  })();
  return {
    async end() {
      isOver = true;
      await watching;
      return { longest, creates };
    },
  };
}

/** Reads and creates in a large slot against a small one: the time of the node and of PostgreSQL together. */
async function compareSizes(run: Run, lifetime: Lifetime, scene: Scene): Promise<Finding[]> {
  const { smallSlot, largeSlot } = run.scale;
  const now = Date.now();
  const contenders: [Slot, number][] = [
    [futureSlot(now, 3), smallSlot],
    [futureSlot(now, 5), largeSlot],
  ];
  for (const [slot, rows] of contenders) {
    run.say(`writing ${rows} rows`);
    await fillSlot(scene.database, slot, rows, rowSize);
  }
  await scene.database.query('VACUUM ANALYZE');
  const findings: Finding[] = [];
  for (const work of ['reads', 'creates'] as const) {
    const loads = contenders.map(([slot, rows]) => loadOf(run, lifetime, work, slot, rows));
    const [small = [], large = []] = await alternate(loads, run.scale.rounds, (load) =>
      cpuUnder(run, lifetime, scene, load),
    );
    findings.push({
      work: `${work} in a slot of ${formatCount(largeSlot)}, to one of ${formatCount(smallSlot)}`,
      measured: `${median(large).toFixed(1)} µs; ${median(small).toFixed(1)} µs`,
      value: median(large) / median(small),
      target: { bound: 'at most', value: 1.3, unit: '×' },
      samples: { small, large },
    });
  }
  return findings;
}

function loadOf(run: Run, lifetime: Lifetime, work: 'reads' | 'creates', slot: Slot, rows: number): Load {
  const { connections, ids } = run.scale;
  const file = join(makeScratchFolder(lifetime), 'input');
  if (work === 'creates') {
    const expiry = new Date(slot.expiresAt).toISOString();
    writeFileSync(
      file,
      JSON.stringify({ content: makeText(rowSize), mime_type: 'text/plain', expiry_time: expiry }),
    );
    return { script: 'post.lua', files: [file], connections };
  }
  const paths = Array.from({ length: Math.min(ids, rows) }, () =>
    payloadPath(idOf(slot, 1 + Math.floor(Math.random() * rows))),
  );
  writeFileSync(file, paths.join('\n'));
  return { script: 'get.lua', files: [file], connections };
}

async function cpuUnder(
  run: Run,
  lifetime: Lifetime,
  { database, server }: Scene,
  load: Load,
): Promise<number> {
  const before = cpuOf(server.pid) + database.cpu();
  const { requests } = await putLoad(lifetime, server, load, run.scale.roundSeconds);
  const each = (cpuOf(server.pid) + database.cpu() - before) / requests;
  run.say(`${load.script}: ${each.toFixed(1)} µs`);
  return each;
}

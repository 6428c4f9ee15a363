import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import { settleDisk } from '../disk.ts';
import { type Finding, formatCount, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { findDatabase, PayloadTable } from '../payload-table.ts';
import { payloadPath } from '../payloads.ts';
import { median } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { type Server, startMayfly } from '../servers.ts';
import { type Load, type LoadSample, putLoad } from '../wrk.ts';

type Scene = { run: Run; lifetime: Lifetime; server: Server; table: PayloadTable; load: Load };

const target: Target = { bound: 'at most', value: 2, unit: '×' };
const pollMilliseconds = 20;
/** The overhead of a round of wrk, and the margin before the sweep may begin. */
const roundSlackSeconds = 1;
const marginSeconds = 10;
const sweptMinutes = 20;

/** The latency of reads during a sweep of very many rows, compared with the same server before it. */
export const sweepLatency: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const { ids, connections, rows, manyExpired, warmUpSeconds } = run.scale;
    const folder = await run.databases.copyManyExpired(lifetime);
    await settleDisk(lifetime);
    const table = new PayloadTable(findDatabase(folder));
    lifetime.onEnd(() => table.close());
    const file = join(makeScratchFolder(lifetime), 'paths');
    writeFileSync(file, table.liveIds(ids).map(payloadPath).join('\n'));
    const load: Load = { script: 'get.lua', files: [file], connections };
    const { begins, schedule } = planSweep(run);
    const server = await startMayfly(lifetime, 'Mayfly', { SWEEP_CRON: schedule }, folder);
    const scene: Scene = { run, lifetime, server, table, load };
    const earliest = table.earliestExpiry();
    await putLoad(lifetime, server, load, warmUpSeconds);
    const calm = await measureCalm(scene);
    if (table.earliestExpiry() !== earliest)
      throw new Error('the sweep began before the calm rounds had ended');
    run.say(`sweep latency: the sweep begins in ${Math.round((begins - Date.now()) / 1000)} s`);
    while (table.earliestExpiry() === earliest) {
      if (Date.now() > begins + marginSeconds * 1000) throw new Error('the sweep did not begin');
      await Bun.sleep(pollMilliseconds);
    }
    const sweeping = await measureSweeping(scene);
    const p99 = (samples: LoadSample[]) => median(samples.map((sample) => sample.p99));
    const rate = (samples: LoadSample[]) => median(samples.map((sample) => sample.requestsPerSecond));
    const describe = (samples: LoadSample[]) =>
      `${p99(samples).toFixed(1)} ms at ${formatCount(rate(samples))}/s`;
    const finding: Finding = {
      work: `p99 of GET while ${formatCount(manyExpired)} of ${formatCount(rows)} rows are swept, against none`,
      measured: `${describe(sweeping)}; ${describe(calm)}`,
      value: p99(sweeping) / p99(calm),
      target,
      samples: { sweeping, calm },
    };
    return [finding];
  });

/** Sweeps every second, from the first full minute that leaves time for the calm rounds. */
function planSweep(run: Run): { begins: number; schedule: string } {
  const { rounds, roundSeconds, warmUpSeconds } = run.scale;
  const calmSeconds = warmUpSeconds + rounds * (roundSeconds + roundSlackSeconds) + marginSeconds;
  const begins = Math.ceil((Date.now() / 1000 + calmSeconds) / 60) * 60_000;
  const first = new Date(begins).getUTCMinutes();
  const minutes = Array.from({ length: sweptMinutes }, (_, index) => (first + index) % 60);
  return { begins, schedule: `* ${minutes.join(',')} * * * *` };
}

async function measureCalm(scene: Scene): Promise<LoadSample[]> {
  const samples: LoadSample[] = [];
  for (let round = 0; round < scene.run.scale.rounds; round++)
    samples.push(await measureRound(scene, 'calm'));
  return samples;
}

/** Only rounds that end before the sweep count. In others, a part of the round was calm. */
async function measureSweeping(scene: Scene): Promise<LoadSample[]> {
  const samples: LoadSample[] = [];
  while (samples.length < scene.run.scale.rounds) {
    const sample = await measureRound(scene, 'sweeping');
    if (scene.table.earliestExpiry() > Date.now()) break;
    samples.push(sample);
  }
  if (samples.length === 0) throw new Error('the sweep was over before one round was: take more rows');
  return samples;
}

async function measureRound({ run, lifetime, server, load }: Scene, state: string): Promise<LoadSample> {
  const sample = await putLoad(lifetime, server, load, run.scale.roundSeconds);
  run.say(
    `sweep latency, ${state}: p99 ${sample.p99.toFixed(1)} ms at ${formatCount(sample.requestsPerSecond)}/s`,
  );
  return sample;
}

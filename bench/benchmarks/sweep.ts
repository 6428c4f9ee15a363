import { settleDisk } from '../disk.ts';
import { type Finding, formatCount, type Target } from '../finding.ts';
import type { Lifetime } from '../lifetime.ts';
import { expireRows } from '../payload-rows.ts';
import { findDatabase, PayloadTable } from '../payload-table.ts';
import { runProcess } from '../processes.ts';
import { median } from '../rounds.ts';
import type { Benchmark, Run } from '../run.ts';
import { bun, farFromNow, mayflyEntry, mayflySettings, startMayfly } from '../servers.ts';

type SweepSample = { rows: number; seconds: number; perRow: number };

const target: Target = { bound: 'at most', value: 1.2, unit: '×' };
const limitSeconds = 900;
const emptySweeps = 3;
const micro = 1e6;

/** The cost per expired row if half of the table has expired, compared with very few rows. */
export const sweep: Benchmark = (run) =>
  run.lifetime.during(async (lifetime) => {
    const { rows, manyExpired, fewExpired, sweepRounds } = run.scale;
    const few = await lifetime.during(async (inner) => {
      const folder = await run.databases.copyLive(inner);
      const samples: SweepSample[] = [];
      for (let round = 0; round < sweepRounds; round++) {
        run.say(`sweep: letting ${fewExpired} rows expire`);
        await expireRows(findDatabase(folder), fewExpired);
        samples.push(await measureSweep(run, inner, folder, fewExpired));
      }
      return samples;
    });
    const many = await measureSweep(
      run,
      lifetime,
      await run.databases.copyManyExpired(lifetime),
      manyExpired,
    );
    const fewPerRow = median(few.map((sample) => sample.perRow));
    const finding: Finding = {
      work: `sweep, per expired row: ${formatCount(manyExpired)} of ${formatCount(rows)}, against ${formatCount(fewExpired)}`,
      measured: `${many.perRow.toFixed(1)} µs; ${fewPerRow.toFixed(1)} µs`,
      value: many.perRow / fewPerRow,
      target,
      samples: { many, few },
    };
    return [finding];
  });

/** Sweeps in a second process beside an idle server, as an operator would. */
async function measureSweep(
  run: Run,
  parent: Lifetime,
  folder: string,
  expected: number,
): Promise<SweepSample> {
  return parent.during(async (lifetime) => {
    await settleDisk(lifetime);
    await startMayfly(lifetime, 'Mayfly', { SWEEP_CRON: farFromNow() }, folder);
    const table = new PayloadTable(findDatabase(folder));
    lifetime.onEnd(() => table.close());
    const before = table.count();
    if (before.expired !== expected)
      throw new Error(`${before.expired} rows have expired, not ${expected}: something swept too early`);
    const whole = await timeSweep(lifetime, folder);
    const after = table.count();
    if (after.expired > 0 || before.rows - after.rows !== expected)
      throw new Error(`the sweep left ${JSON.stringify(after)} of ${JSON.stringify(before)}`);
    // Another sweep measures only the start and the stop of the process.
    const starts: number[] = [];
    for (let turn = 0; turn < emptySweeps; turn++) starts.push(await timeSweep(lifetime, folder));
    const seconds = whole - median(starts);
    const perRow = (seconds / expected) * micro;
    run.say(`sweep: ${expected} rows in ${seconds.toFixed(2)} s, ${perRow.toFixed(1)} µs each`);
    return { rows: expected, seconds, perRow };
  });
}

/** @returns the seconds of one `mayfly sweep`, with its start and stop */
async function timeSweep(lifetime: Lifetime, folder: string): Promise<number> {
  const { seconds } = await runProcess(
    lifetime,
    [bun, mayflyEntry(), 'sweep'],
    limitSeconds,
    mayflySettings(folder),
  );
  return seconds;
}

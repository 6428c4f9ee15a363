/** Runs the given benchmarks, or all, and prints the results as a table. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { comparedWorks, compareWith, renderComparison } from './against.ts';
import { calibration } from './benchmarks/calibration.ts';
import { files } from './benchmarks/files.ts';
import { get } from './benchmarks/get.ts';
import { installed } from './benchmarks/installed.ts';
import { largeObjects } from './benchmarks/large-objects.ts';
import { listing } from './benchmarks/listing.ts';
import { memory } from './benchmarks/memory.ts';
import { nodes } from './benchmarks/nodes.ts';
import { objectListing } from './benchmarks/object-listing.ts';
import { objectMemory } from './benchmarks/object-memory.ts';
import { objects } from './benchmarks/objects.ts';
import { post } from './benchmarks/post.ts';
import { postgres } from './benchmarks/postgres.ts';
import { slots } from './benchmarks/slots.ts';
import { sweep } from './benchmarks/sweep.ts';
import { sweepLatency } from './benchmarks/sweep-latency.ts';
import { upload } from './benchmarks/upload.ts';
import { checkout } from './checkout.ts';
import { type Finding, isMet } from './finding.ts';
import { Lifetime } from './lifetime.ts';
import { describeMachine } from './machine.ts';
import { PayloadDatabases } from './payload-databases.ts';
import { renderReport } from './report.ts';
import type { Benchmark, Run } from './run.ts';
import { fullScale, quickScale } from './scale.ts';

const benchmarks: Record<string, Benchmark> = {
  get,
  post,
  upload,
  memory,
  sweep,
  'sweep-latency': sweepLatency,
  files,
  listing,
  objects,
  'large-objects': largeObjects,
  'object-listing': objectListing,
  'object-memory': objectMemory,
  postgres,
  slots,
  nodes,
  installed,
  calibration,
};
const usage = `usage: npm run bench -- [--quick] [--json FILE] [${Object.keys(benchmarks).join('] [')}]
       npm run bench -- --against FOLDER [--pairs N] [${Object.keys(comparedWorks).join('] [')}]`;
const limitMinutes = 30;

async function main(): Promise<number> {
  const { names, quick, json, other, pairs } = readArguments();
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const scale = quick ? quickScale : fullScale;
  const lifetime = new Lifetime();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void lifetime.end().then(() => process.exit(1)));
  const run: Run = { scale, lifetime, say, databases: new PayloadDatabases(lifetime, scale, say) };
  if (other !== undefined) {
    await against(other, names, pairs, run).finally(() => lifetime.end());
    return 0;
  }
  const startedAt = new Date().toISOString();
  const findings: Finding[] = [];
  const failures: string[] = [];
  try {
    for (const name of names) {
      say(`--- ${name}`);
      const failure = await attempt(benchmarks[name] as Benchmark, run, findings);
      if (failure !== undefined) failures.push(`${name} could not be measured: ${failure}`);
    }
  } finally {
    await lifetime.end();
  }
  const machine = describeMachine();
  const met = findings.map((finding) => ({ ...finding, met: isMet(finding) }));
  if (json !== undefined)
    writeFileSync(
      json,
      `${JSON.stringify({ startedAt, machine, scale, findings: met, failures }, null, 2)}\n`,
    );
  process.stdout.write(renderReport(findings, machine, quick));
  for (const failure of failures) say(failure);
  return failures.length === 0 ? 0 : 1;
}

/** Compares this checkout with the one in another folder, and prints the ratios as a table. */
async function against(other: string, names: string[], pairs: number, run: Run): Promise<void> {
  const works = names.flatMap((name) => Object.entries(comparedWorks[name] ?? {}));
  const rows: string[] = [];
  for (const [name, work] of works)
    rows.push(...(await compareWith(run, checkout, other, name, work, pairs)).map(renderComparison));
  const head = ['| work | ratio | 95 % interval | pairs |', '| --- | --- | --- | --- |'];
  process.stdout.write(`${[...head, ...rows].join('\n')}\n\nMeasured on: ${describeMachine()}\n`);
}

/** Adds the findings of a benchmark, within a time limit. @returns why it failed, if it did; the others still run */
async function attempt(benchmark: Benchmark, run: Run, findings: Finding[]): Promise<string | undefined> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const limit = setTimeout(
    () => reject(new Error(`took over ${limitMinutes} minutes`)),
    limitMinutes * 60_000,
  );
  try {
    const found = await run.lifetime.during((lifetime) =>
      Promise.race([benchmark({ ...run, lifetime }), tooLate]),
    );
    findings.push(...found);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(limit);
  }
}

type Arguments = {
  names: string[];
  quick: boolean;
  json: string | undefined;
  /** The checkout to compare with, if any, and the number of pairs. */
  other: string | undefined;
  pairs: number;
};

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      against: { type: 'string' },
      pairs: { type: 'string', default: '12' },
    },
    allowPositionals: true,
  });
  const known = values.against === undefined ? benchmarks : comparedWorks;
  const unknown = positionals.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(' or ')}`);
  const pairs = Number(values.pairs);
  // Fewer pairs cannot give a 95 % interval.
  if (!Number.isInteger(pairs) || pairs < 6) throw new Error('--pairs must be a whole number of 6 or more');
  // The calibration changes a file of the project, so it runs only by its name.
  const names =
    positionals.length > 0 ? positionals : Object.keys(known).filter((name) => name !== 'calibration');
  const other = values.against === undefined ? undefined : resolve(values.against);
  return { names, quick: values.quick, json: values.json, other, pairs };
}

process.exit(
  await main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n${usage}\n`);
    return 2;
  }),
);

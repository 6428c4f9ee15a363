/** Runs the benchmarks that are named, or all, and prints what they found as a table. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { files } from './benchmarks/files.ts';
import { get } from './benchmarks/get.ts';
import { largeObjects } from './benchmarks/large-objects.ts';
import { listing } from './benchmarks/listing.ts';
import { memory } from './benchmarks/memory.ts';
import { objectListing } from './benchmarks/object-listing.ts';
import { objectMemory } from './benchmarks/object-memory.ts';
import { objects } from './benchmarks/objects.ts';
import { post } from './benchmarks/post.ts';
import { sweep } from './benchmarks/sweep.ts';
import { sweepLatency } from './benchmarks/sweep-latency.ts';
import { upload } from './benchmarks/upload.ts';
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
};
const usage = `usage: npm run bench -- [--quick] [--json FILE] [${Object.keys(benchmarks).join('] [')}]`;
const limitMinutes = 30;

async function main(): Promise<number> {
  const { names, quick, json } = readArguments();
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const scale = quick ? quickScale : fullScale;
  const lifetime = new Lifetime();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void lifetime.end().then(() => process.exit(1)));
  const run: Run = { scale, lifetime, say, databases: new PayloadDatabases(lifetime, scale, say) };
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

/** Adds what a benchmark finds, within a time limit. @returns Why it failed, if it did: the others still run. */
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

function readArguments(): { names: string[]; quick: boolean; json: string | undefined } {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(benchmarks, name));
  if (unknown.length > 0) throw new Error(`no benchmark is called ${unknown.join(' or ')}`);
  const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
  return { names, quick: values.quick, json: values.json };
}

process.exit(
  await main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n${usage}\n`);
    return 2;
  }),
);

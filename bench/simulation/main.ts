// npm run simulate: what a workload needs, and what happens under it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { markdownTable, replaceMarked } from '../../scripts/markdown-table.ts';
import { readCount, readDuration, readSize } from '../../src/cli/operate/quantities.ts';
import { capacityOf } from './capacity.ts';
import { defaultHardware } from './hardware.ts';
import { measuredFile, readMeasured } from './measured.ts';
import { describeCapacity, ringRows, shardRows, writeRows } from './report.ts';
import { pastes } from './scenarios.ts';
import { scalingTables } from './tables.ts';
import type { TtlShare, Workload } from './workload.ts';

const page = join(import.meta.dirname, '..', '..', 'docs', 'scaling.md');

const program = new Command('npm run simulate --')
  .description(
    'Computes what a workload needs, and simulates writes, the ring of tables and shards under it.',
  )
  .option('--payloads-per-month <count>', 'created in 30 days, such as 1e10', readNumber, 1e9)
  .option('--median-size <size>', 'of content', readSize, pastes.medianSize)
  .option('--mean-size <size>', 'of content', readSize, pastes.meanSize)
  .option('--ttl <list>', 'TTLs with their shares, such as 1h:0.3,7d:0.7', readTtls, pastes.ttls)
  .option('--reads <count>', 'of each payload', readNumber, pastes.readsPerPayload)
  .option('--cached <share>', 'of the reads that a cache answers', readNumber, pastes.cachedShare)
  .option('--peak <factor>', 'the busiest second, to the mean', readNumber, pastes.peakFactor)
  .option('--workers <count>', 'WORKERS of a machine', readCount, defaultHardware.workersPerMachine)
  .option('--postgres-cores <count>', 'cores of PostgreSQL', readCount, defaultHardware.postgresCores)
  .option('--postgres-memory <size>', 'memory of PostgreSQL', readSize, defaultHardware.postgresMemory)
  .option('--postgres-disk <size>', 'disk of PostgreSQL', readSize, defaultHardware.postgresDisk)
  .option('--postgres-writes <size>', 'bytes a second of its disk', readSize, defaultHardware.postgresWrites)
  .option('--syncs <count>', 'syncs a second of the log', readCount, defaultHardware.logSyncs)
  .option('--network <size>', 'bytes a second of a machine', readSize, defaultHardware.network)
  .option('--pool <count>', 'DATABASE_POOL', readCount, defaultHardware.pool)
  .option('--max-connections <count>', 'of PostgreSQL', readCount, defaultHardware.maxConnections)
  .option('--target <share>', 'of a resource in use at the peak', readNumber, defaultHardware.targetLoad)
  .option('--seed <number>', 'of the random numbers', readCount, 1)
  .option('--measured <file>', 'the constants, as npm run bench -- calibration writes them', measuredFile)
  .option('--write', 'write the tables of docs/scaling.md instead')
  .parse();

const options = program.opts();
const measured = readMeasured(options.measured);
if (options.write) {
  let text = readFileSync(page, 'utf8');
  for (const [name, table] of Object.entries(scalingTables(measured)))
    text = replaceMarked(text, name, table);
  writeFileSync(page, text);
} else {
  const workload: Workload = {
    payloadsPerMonth: options.payloadsPerMonth,
    medianSize: options.medianSize,
    meanSize: Math.max(options.meanSize, options.medianSize),
    ttls: options.ttl,
    readsPerPayload: options.reads,
    cachedShare: options.cached,
    peakFactor: options.peak,
  };
  const hardware = {
    ...defaultHardware,
    workersPerMachine: options.workers,
    postgresCores: options.postgresCores,
    postgresMemory: options.postgresMemory,
    postgresDisk: options.postgresDisk,
    postgresWrites: options.postgresWrites,
    logSyncs: options.syncs,
    network: options.network,
    pool: options.pool,
    maxConnections: options.maxConnections,
    targetLoad: options.target,
  };
  const capacity = capacityOf(workload, hardware, measured.constants);
  const sections = [
    describeCapacity(capacity),
    `Creates of 1 KiB at the peak, event by event:\n\n${markdownTable(writeRows(capacity, hardware, measured.constants, options.seed))}`,
    `The ring of tables over 60 days of one cluster:\n\n${markdownTable(ringRows(workload, capacity.clusters, measured.constants))}`,
    `Clusters that are added, one after the other, and one that is drained:\n\n${markdownTable(shardRows(workload, options.seed))}`,
    `Measured at ${measured.measuredAt} on: ${measured.machine}`,
  ];
  process.stdout.write(`${sections.join('\n\n')}\n`);
}

function readNumber(text: string): number {
  const number = Number(text);
  if (!(number >= 0) || text.trim() === '') throw new InvalidArgumentError('It must be a number.');
  return number;
}

/** `1h:0.3,7d:0.7`, or one TTL. */
function readTtls(text: string): TtlShare[] {
  const ttls = text.split(',').map((part) => {
    const [ttl = '', share = '1'] = part.split(':');
    return { ttl: readDuration(ttl) / 1000, share: readNumber(share) };
  });
  const sum = ttls.reduce((total, { share }) => total + share, 0);
  if (Math.abs(sum - 1) > 1e-6) throw new InvalidArgumentError('The shares must add up to 1.');
  return ttls;
}

import { type Capacity, shareOf } from './capacity.ts';
import type { Hardware } from './hardware.ts';
import { classesInUse } from './leaves.ts';
import type { Constants } from './measured.ts';
import { simulateRing } from './ring.ts';
import { type Moment, type ShardResult, type Step, simulateShards } from './shards.ts';
import { short, showBytes, showCount, showShare } from './units.ts';
import { day, type Workload } from './workload.ts';
import { simulateWrites } from './write-path.ts';

const classNames = ['up to an hour', 'up to a day', 'up to 14 days', 'up to 392 days'];
const engineUnits = {
  cores: (value: number) => `${short(value)} cores`,
  bytes: showBytes,
  'bytes/s': (value: number) => `${showBytes(value)}/s`,
};

/** What a workload needs, as text. */
export function describeCapacity(capacity: Capacity): string {
  const { peak, s3, bottleneck } = capacity;
  const creates = peak.inlineCreates + peak.blobCreates;
  const reads = peak.cachedReads + peak.inlineReads + peak.blobReads;
  const lines = [
    `In the busiest second: ${short(creates)} creates, ${short(reads)} reads, ${short(capacity.redisCommands)} Redis commands, ${showBytes(capacity.logBytes)} of log`,
    `Stored: ${showCount(capacity.livePayloads)} live payloads, ${showBytes(capacity.databaseBytes)} in PostgreSQL, ${showBytes(capacity.blobBytes)} in S3`,
    `S3 requests a month: ${showCount(s3.puts)} PUT, ${showCount(s3.gets)} GET, ${showCount(s3.deletes)} DELETE`,
    `Nodes: ${capacity.processes} processes on ${capacity.machines} machines, with ${capacity.connections} connections${capacity.needsPooler ? ': use PgBouncer' : ''}`,
    `Clusters of PostgreSQL: ${capacity.clusters}`,
    ...capacity.engines.map(
      (engine) =>
        `  ${engine.name}: ${engineUnits[engine.unit](engine.use)} of ${engineUnits[engine.unit](engine.limit)} (${showShare(shareOf(engine))})`,
    ),
    `First limit of one cluster: ${bottleneck.name}`,
  ];
  return lines.join('\n');
}

/** The latencies of creates at shares of the peak, for one of the clusters. */
export function writeRows(
  { peak, processes, clusters }: Capacity,
  hardware: Hardware,
  constants: Constants,
  seed: number,
): string[][] {
  const head = ['creates/s', 'median', 'p99', 'syncs per 1,000', 'in a batch', 'nodes', 'PostgreSQL', 'log'];
  const nodes = Math.ceil(processes / clusters);
  const rows = [0.25, 0.5, 1].map((share) => {
    const perSecond = (share * (peak.inlineCreates + peak.blobCreates)) / clusters;
    const result = simulateWrites(
      {
        nodes,
        postgresCores: hardware.postgresCores,
        logSyncs: hardware.logSyncs,
        load: { perSecond },
        duration: Math.min(60, 50_000 / perSecond),
        seed,
      },
      constants,
    );
    return [
      short(result.perSecond),
      `${short(result.p50)} ms`,
      `${short(result.p99)} ms`,
      short(result.syncsPerThousand),
      short(result.meanBatch),
      showShare(result.nodeUse),
      showShare(result.postgresUse),
      showShare(result.logUse),
    ];
  });
  return [head, ...rows];
}

/** The fullest leaf of each class in one of the clusters: by the flow of payloads through the ring. */
export function ringRows(workload: Workload, clusters: number, constants: Constants): string[][] {
  const own = { ...workload, payloadsPerMonth: workload.payloadsPerMonth / clusters };
  const longest = Math.max(...own.ttls.map(({ ttl }) => ttl));
  const flow = simulateRing(own, { duration: Math.max(60 * day, longest + 60 * day), step: 300 });
  const head = ['TTL', 'leaves in use', 'rows of the fullest', 'its indexes', 'its table'];
  const rows = classesInUse(own, constants).map(({ index, rows, indexBytes, tableBytes }) => {
    const fullest = flow.maxRowsOfLeaf[index] as number;
    return [
      classNames[index] ?? '',
      String(flow.maxLeaves[index]),
      showCount(fullest),
      showBytes((fullest * indexBytes) / rows),
      showBytes((fullest * tableBytes) / rows),
    ];
  });
  return [head, ...rows];
}

/** The load of the clusters over time: one more, two more, and the first one drained. */
export function shardRows(workload: Workload, seed: number): string[][] {
  const { result, times } = shardScenario(workload, seed);
  const head = ['longest TTLs since the start', 'new payloads', 'live payloads', 'second look-ups', 'lost'];
  const shares = (all: number[]) => all.map((share) => `${Math.round(100 * share)} %`).join(', ');
  const rows = times.map(({ name, moment }) => [
    name,
    shares(moment.creates),
    shares(moment.rows),
    showShare(moment.secondLookups),
    String(result.lost),
  ]);
  return [head, ...rows];
}

/** A map from one cluster to two, to four, and without the first. Each step waits until `before` has expired. */
export function shardScenario(
  workload: Workload,
  seed: number,
): { result: ShardResult; times: { name: string; moment: Moment }[] } {
  const unit = Math.max(...workload.ttls.map(({ ttl }) => ttl));
  const steps: (Step & { name: string })[] = [
    { at: unit, add: 1, name: 'one more cluster' },
    { at: 2.5 * unit, add: 2, name: 'two more clusters' },
    { at: 4 * unit, drain: 0, name: 'the first is drained' },
  ];
  const result = simulateShards({
    workload,
    steps,
    duration: 5.5 * unit,
    interval: unit / 160,
    payloads: 300,
    seed,
  });
  const momentAt = (at: number) => result.moments.findLast((moment) => moment.at <= at) as Moment;
  const times = steps.flatMap(({ at, name }) =>
    [0, 0.5, 1].map((later) => ({
      name: `${short((at + later * unit) / unit)}${later === 0 ? `: ${name}` : ''}`,
      moment: momentAt(at + later * unit),
    })),
  );
  return { result, times };
}

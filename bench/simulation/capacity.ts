import type { Hardware } from './hardware.ts';
import { type ClassUse, classesInUse, classOf, slotWidth } from './leaves.ts';
import type { Constants } from './measured.ts';
import { type Rates, ratesOf, requestsOf } from './rates.ts';
import { kibibyte, mebibyte, month, type Sizes, sizesOf, type Workload } from './workload.ts';

/** What a workload needs of one resource in its busiest second, and what one server may give. */
export type Engine = {
  name: string;
  unit: 'cores' | 'bytes' | 'bytes/s';
  use: number;
  limit: number;
  /** What more of it helps: more nodes, more clusters of PostgreSQL, or nothing, since there is only one. */
  grows: 'nodes' | 'clusters' | 'never';
};

/** What a workload needs. Rates are per second and sizes bytes, unless they say otherwise. */
export type Capacity = {
  engines: Engine[];
  processes: number;
  machines: number;
  connections: number;
  needsPooler: boolean;
  clusters: number;
  /** The engine with the largest share of its limit in one cluster. */
  bottleneck: Engine;
  peak: Rates;
  classes: ClassUse[];
  livePayloads: number;
  databaseBytes: number;
  blobBytes: number;
  logBytes: number;
  redisCommands: number;
  /** S3 requests a month. */
  s3: { puts: number; gets: number; deletes: number };
};

/** The size of the 128 KiB payloads that the calibration writes to S3. */
const calibratedBlob = 128 * kibibyte;
/** The share of `max_connections` above which a start warns. */
const connectionShare = 0.8;
/** Two, so that one may stop. */
const minProcesses = 2;
/** The maximum size of a table in PostgreSQL (its documentation, appendix K). */
const maxTable = 32 * 1024 ** 4;

/** Computes what a workload needs of each engine, with what one request costs. */
export function capacityOf(workload: Workload, hardware: Hardware, constants: Constants): Capacity {
  const sizes = sizesOf(workload);
  const peak = ratesOf(workload, workload.peakFactor, sizes);
  const mean = ratesOf(workload, 1, sizes);
  const classes = classesInUse(workload, constants);
  const { targetLoad } = hardware;

  const nodeCores = nodeTime(peak, sizes, constants) / 1e6;
  const processes = Math.max(minProcesses, Math.ceil(nodeCores / targetLoad));
  const traffic = requestsOf(peak) * workload.meanSize;
  const machines = Math.ceil(
    Math.max(processes / hardware.workersPerMachine, traffic / (hardware.network * targetLoad)),
  );
  const connections = processes * hardware.pool;
  const postgresCores =
    (postgresTime(peak, sizes, constants) + processes * constants.postgresIdlePerNode) / 1e6;

  const inlineBytes = sizes.inlineShare * sizes.inlineMean * constants.tableBytesPerContentByte;
  const rowSize = constants.rowBytes + constants.indexBytesPerRow + inlineBytes;
  const perSecond = workload.payloadsPerMonth / month;
  const databaseBytes = sumOf(workload.ttls, ({ ttl, share }) => {
    // Files of a slot stay until its end.
    return perSecond * share * (ttl + slotWidth(classOf(ttl))) * rowSize;
  });
  const logBytes = logOf(peak, sizes, constants);
  const redisCommands = requestsOf(peak) * constants.redisCommandsPerRequest;
  const writes = logBytes + (peak.inlineCreates + peak.blobCreates) * rowSize;
  // One leaf of each TTL receives the new rows.
  const indexBytes = sumOf(classes, (one) => one.indexBytes);
  const fullest = Math.max(...classes.map(({ tableBytes }) => tableBytes));
  const engines: Engine[] = [
    {
      name: 'processor of the nodes',
      unit: 'cores',
      use: nodeCores,
      limit: machines * hardware.workersPerMachine * targetLoad,
      grows: 'nodes',
    },
    {
      name: 'network of the nodes',
      unit: 'bytes/s',
      use: traffic,
      limit: machines * hardware.network * targetLoad,
      grows: 'nodes',
    },
    {
      name: 'processor of PostgreSQL',
      unit: 'cores',
      use: postgresCores,
      limit: hardware.postgresCores * targetLoad,
      grows: 'clusters',
    },
    {
      name: 'writes of PostgreSQL',
      unit: 'bytes/s',
      use: writes,
      limit: hardware.postgresWrites * targetLoad,
      grows: 'clusters',
    },
    {
      name: 'disk of PostgreSQL',
      unit: 'bytes',
      use: databaseBytes,
      limit: hardware.postgresDisk * targetLoad,
      grows: 'clusters',
    },
    {
      name: 'memory for indexes',
      unit: 'bytes',
      use: indexBytes,
      limit: hardware.postgresMemory * targetLoad,
      grows: 'clusters',
    },
    { name: 'largest table', unit: 'bytes', use: fullest, limit: maxTable * targetLoad, grows: 'clusters' },
    {
      name: 'processor of Redis',
      unit: 'cores',
      use: (redisCommands * constants.redisCpuPerCommand) / 1e6,
      limit: targetLoad,
      grows: 'never',
    },
  ];
  const single = engines.filter(({ grows }) => grows !== 'nodes');
  return {
    engines,
    processes,
    machines,
    connections,
    needsPooler: connections > connectionShare * hardware.maxConnections,
    clusters: Math.max(
      1,
      ...engines.filter(({ grows }) => grows === 'clusters').map((engine) => Math.ceil(shareOf(engine))),
    ),
    bottleneck: single.reduce((one, other) => (shareOf(other) > shareOf(one) ? other : one)),
    peak,
    classes,
    livePayloads: sumOf(workload.ttls, ({ ttl, share }) => perSecond * share * ttl),
    databaseBytes,
    blobBytes: sumOf(workload.ttls, ({ ttl, share }) => mean.blobCreates * share * ttl) * sizes.blobMean,
    logBytes,
    redisCommands,
    s3: {
      puts: mean.blobCreates * constants.s3PutsPerBlob * month,
      gets: mean.blobReads * constants.s3GetsPerRead * month,
      deletes: mean.blobRemovals * constants.s3DeletesPerBlob * month,
    },
  };
}

/** The use of an engine as a share of its limit. */
export function shareOf({ use, limit }: Engine): number {
  return use / limit;
}

/** µs of the nodes in a second. */
function nodeTime(rates: Rates, { inlineMean, blobMean }: Sizes, constants: Constants): number {
  const inline = moreKiB(inlineMean);
  const blob = moreMiB(blobMean);
  const read = inline * constants.nodeReadPerKiB;
  return (
    rates.inlineCreates * (constants.nodeCreate + inline * constants.nodeCreatePerKiB) +
    rates.blobCreates * (constants.nodeBlobCreate + blob * constants.nodeBlobCreatePerMiB) +
    rates.cachedReads * (constants.nodeCachedRead + read) +
    rates.inlineReads * (constants.nodeRead + read) +
    rates.blobReads * (constants.nodeBlobRead + blob * constants.nodeBlobReadPerMiB)
  );
}

/** µs of PostgreSQL in a second. The row of a blob is read as any other row. */
function postgresTime(rates: Rates, { inlineMean }: Sizes, constants: Constants): number {
  const inline = moreKiB(inlineMean);
  return (
    rates.inlineCreates * (constants.postgresCreate + inline * constants.postgresCreatePerKiB) +
    rates.blobCreates * constants.postgresBlobCreate +
    rates.inlineReads * (constants.postgresRead + inline * constants.postgresReadPerKiB) +
    rates.blobReads * constants.postgresRead +
    rates.blobRemovals * constants.postgresBlobRemoval +
    rates.rowRemovals * constants.postgresRowRemoval
  );
}

/** Bytes of the log in a second. */
function logOf(rates: Rates, { inlineMean }: Sizes, constants: Constants): number {
  return (
    rates.inlineCreates * (constants.logPerCreate + inlineMean * constants.logPerContentByte) +
    rates.blobCreates * constants.logPerBlobCreate +
    rates.blobRemovals * constants.logPerBlobRemoval +
    rates.rowRemovals * constants.logPerRowRemoval
  );
}

/** KiB beyond the first, and MiB beyond the calibrated blob: below, the fixed part dominates. */
const moreKiB = (bytes: number) => Math.max(0, bytes / kibibyte - 1);
const moreMiB = (bytes: number) => Math.max(0, (bytes - calibratedBlob) / mebibyte);

function sumOf<Item>(items: Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}

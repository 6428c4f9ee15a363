import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capacityOf, shareOf } from '../../bench/simulation/capacity.ts';
import { defaultHardware } from '../../bench/simulation/hardware.ts';
import { classesInUse } from '../../bench/simulation/leaves.ts';
import {
  type Constants,
  constantUnits,
  measuredFile,
  readMeasured,
} from '../../bench/simulation/measured.ts';
import { seededRandom } from '../../bench/simulation/random.ts';
import { shardScenario } from '../../bench/simulation/report.ts';
import { simulateRing } from '../../bench/simulation/ring.ts';
import { pastes, petabyte } from '../../bench/simulation/scenarios.ts';
import { ShardMap, shardCount, shardOfId } from '../../bench/simulation/shard-map.ts';
import { scalingTables } from '../../bench/simulation/tables.ts';
import {
  day,
  drawSize,
  inlineLimit,
  month,
  sizesOf,
  type Workload,
} from '../../bench/simulation/workload.ts';
import { simulateWrites } from '../../bench/simulation/write-path.ts';
import { replaceMarked } from '../../scripts/markdown-table.ts';
import { newPayloadId } from '../../src/core/payloads/payload-id.ts';
import { checkout } from '../support/parts.ts';

/** Round numbers, for sums by hand. */
const constants: Constants = {
  nodeCreate: 100,
  nodeCreatePerKiB: 2,
  nodeRead: 80,
  nodeCachedRead: 20,
  nodeReadPerKiB: 1,
  nodeBlobCreate: 500,
  nodeBlobCreatePerMiB: 1000,
  nodeBlobRead: 400,
  nodeBlobReadPerMiB: 600,
  postgresCreate: 40,
  postgresCreatePerKiB: 20,
  postgresRead: 30,
  postgresReadPerKiB: 5,
  postgresBlobCreate: 200,
  postgresBlobRemoval: 150,
  postgresRowRemoval: 25,
  postgresIdlePerNode: 500,
  createsPerSecond: 5000,
  syncsPerThousandCreates: 50,
  logPerCreate: 300,
  logPerContentByte: 1.25,
  logPerBlobCreate: 1500,
  logPerBlobRemoval: 800,
  logPerRowRemoval: 200,
  logPerEmptiedSlot: 20_000,
  emptyingSeconds: 1,
  rowBytes: 80,
  tableBytesPerContentByte: 1,
  indexBytesPerRow: 100,
  redisCommandsPerRequest: 3,
  redisCpuPerCommand: 5,
  s3PutsPerBlob: 1,
  s3GetsPerRead: 1,
  s3DeletesPerBlob: 1,
  diskSyncsPerSecond: 200,
};

/** One payload of 1 KiB a second, each kept for a day and read twice, once from a cache; the peak is ten times that. */
const small: Workload = {
  payloadsPerMonth: month,
  medianSize: 1024,
  meanSize: 1024,
  ttls: [{ ttl: day, share: 1 }],
  readsPerPayload: 2,
  cachedShare: 0.5,
  peakFactor: 10,
};
const blobSize = 128 * 1024 + 1024 * 1024;
const blobs: Workload = { ...small, medianSize: blobSize, meanSize: blobSize };

describe('the capacity model', () => {
  const use = (workload: Workload, name: string) =>
    capacityOf(workload, defaultHardware, constants).engines.find((engine) => engine.name === name)?.use;

  test('gives for small payloads what a calculation by hand gives', () => {
    const capacity = capacityOf(small, defaultHardware, constants);
    // 10 creates, 10 reads from a cache and 10 from PostgreSQL.
    expect(use(small, 'processor of the nodes')).toBeCloseTo((10 * 100 + 10 * 20 + 10 * 80) / 1e6, 12);
    // With two idle nodes.
    expect(use(small, 'processor of PostgreSQL')).toBeCloseTo((10 * 40 + 10 * 30 + 2 * 500) / 1e6, 12);
    expect(use(small, 'processor of Redis')).toBeCloseTo((30 * 3 * 5) / 1e6, 12);
    expect(capacity.logBytes).toBeCloseTo(10 * (300 + 1024 * 1.25), 6);
    expect(capacity.livePayloads).toBeCloseTo(86_400, 6);
    // A slot of this class is two hours long, and its files stay until its end.
    expect(capacity.databaseBytes).toBeCloseTo((86_400 + 7200) * (80 + 100 + 1024), 3);
    expect(capacity.classes).toEqual([
      { index: 1, leaves: 13, rows: 72_000, indexBytes: 7_200_000, tableBytes: 72_000 * (80 + 1024) },
    ]);
    expect(capacity.s3).toEqual({ puts: 0, gets: 0, deletes: 0 });
    expect([capacity.processes, capacity.connections, capacity.clusters]).toEqual([2, 16, 1]);
  });

  test('gives for payloads in S3 what a calculation by hand gives', () => {
    const capacity = capacityOf(blobs, defaultHardware, constants);
    expect(use(blobs, 'processor of the nodes')).toBeCloseTo(
      (10 * (500 + 1000) + 20 * (400 + 600)) / 1e6,
      12,
    );
    // Caches hold only inline content. What is created is removed a day later.
    expect(use(blobs, 'processor of PostgreSQL')).toBeCloseTo(
      (10 * 200 + 20 * 30 + 10 * 150 + 2 * 500) / 1e6,
      12,
    );
    expect(capacity.logBytes).toBeCloseTo(10 * (1500 + 800), 6);
    expect(capacity.blobBytes).toBeCloseTo(86_400 * blobSize, 0);
    expect(capacity.s3.puts).toBeCloseTo(2_592_000, 3);
    expect(capacity.s3.gets).toBeCloseTo(2 * 2_592_000, 3);
    expect(capacity.s3.deletes).toBeCloseTo(2_592_000, 3);
  });

  test('needs ten times as much of everything for ten times the payloads', () => {
    const [one, ten] = [1e9, 1e10].map((payloadsPerMonth) =>
      capacityOf({ ...pastes, payloadsPerMonth }, defaultHardware, constants),
    );
    for (const [index, engine] of (one?.engines ?? []).entries()) {
      const ratio = (ten?.engines[index]?.use ?? 0) / engine.use;
      // Nodes are whole, and each costs PostgreSQL a little without requests.
      expect([engine.name, Math.abs(ratio - 10) < 0.2]).toEqual([engine.name, true]);
    }
  });

  test('divides a petabyte into clusters that are each within their limits', () => {
    const capacity = capacityOf(petabyte, defaultHardware, constants);
    expect(capacity.blobBytes + capacity.databaseBytes).toBeGreaterThan(0.95e15);
    const own = { ...petabyte, payloadsPerMonth: petabyte.payloadsPerMonth / capacity.clusters };
    for (const engine of capacityOf(own, defaultHardware, constants).engines)
      if (engine.grows === 'clusters')
        expect([engine.name, shareOf(engine) < 1.05]).toEqual([engine.name, true]);
  });

  test('divides log-normal sizes as a large sample of them divides', () => {
    const workload = { ...pastes, payloadsPerMonth: 1 };
    const random = seededRandom(7);
    const sample = Array.from({ length: 200_000 }, () => drawSize(workload, random));
    const inline = sample.filter((size) => size <= inlineLimit);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const { inlineShare, inlineMean, blobMean } = sizesOf(workload);
    expect(inline.length / sample.length).toBeCloseTo(inlineShare, 2);
    expect(Math.abs(mean(inline) / inlineMean - 1)).toBeLessThan(0.02);
    expect(inlineShare * inlineMean + (1 - inlineShare) * blobMean).toBeCloseTo(workload.meanSize, 0);
    expect(() => sizesOf({ ...workload, meanSize: 1 })).toThrow('at least the median');
  });
});

describe('the simulated ring', () => {
  const even = { ...pastes, payloadsPerMonth: 1e6, peakFactor: 1 };

  test('neither loses nor invents a row', () => {
    const use = simulateRing(even, { duration: 120 * day, step: 300 });
    const rest = use.deleted + use.emptied + use.live + use.waiting;
    expect(Math.abs(rest / use.created - 1)).toBeLessThan(1e-9);
    // Rows wait at most for the end of their slot, which is a day for TTLs of up to 14 days.
    expect(use.waiting).toBeGreaterThanOrEqual(0);
    expect(use.waiting).toBeLessThan((even.payloadsPerMonth / month) * day);
  });

  test('fills each leaf as the model says', () => {
    const use = simulateRing(even, { duration: 30 * day, step: 300 });
    for (const { index, leaves, rows } of classesInUse(even, constants).slice(0, 3)) {
      expect(use.maxLeaves[index]).toBe(leaves);
      // Two TTLs of a class may share a leaf at its edge for one step.
      expect(Math.abs((use.maxRowsOfLeaf[index] ?? 0) / rows - 1)).toBeLessThan(0.01);
    }
  });
});

describe('simulated writes', () => {
  const path = { nodes: 1, postgresCores: 1, logSyncs: 200, duration: 10, seed: 1 };

  test('of one client take the time of each step, and a sync each', () => {
    const result = simulateWrites({ ...path, load: { connections: 1 } }, constants);
    // 0.1 ms of the node, 0.04 ms of PostgreSQL, 5 ms of the log.
    expect(result.p50).toBeCloseTo(5.14, 6);
    expect(result.p99).toBeCloseTo(5.14, 6);
    expect(result.perSecond).toBeCloseTo(1000 / 5.14, 0);
    expect(result.syncsPerThousand).toBeCloseTo(1000, -1);
  });

  test('of many clients share syncs', () => {
    const result = simulateWrites({ ...path, load: { connections: 64 } }, constants);
    expect(result.syncsPerThousand).toBeLessThan(60);
    expect(result.meanBatch).toBeGreaterThan(12);
    // The disk never waits: half of the clients are in each sync, and the others are on their way to the next one.
    expect(result.perSecond).toBeGreaterThan((0.95 * 64 * path.logSyncs) / 2);
  });

  test('use a node for as long as its requests take', () => {
    const result = simulateWrites({ ...path, logSyncs: 1e6, load: { perSecond: 5000 } }, constants);
    expect(result.nodeUse).toBeCloseTo(0.5, 1);
    expect(result.postgresUse).toBeCloseTo(0.2, 1);
    expect(result.arrived).toBe(result.answered + result.unanswered);
  });

  test('wait without end if more arrives than a node can do', () => {
    const result = simulateWrites({ ...path, load: { perSecond: 20_000 } }, constants);
    expect(result.nodeUse).toBeCloseTo(1, 2);
    expect(result.unanswered).toBeGreaterThan(90_000);
  });

  test('are the same for the same seed', () => {
    const run = (seed: number) => simulateWrites({ ...path, seed, load: { perSecond: 1000 } }, constants);
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });
});

describe('simulated shards', () => {
  const workload = { ...pastes, payloadsPerMonth: 1e10 };

  test('every live payload is found while clusters are added and one is drained', () => {
    const { result } = shardScenario(workload, 1);
    expect(result.lookups).toBeGreaterThan(1_000_000);
    expect(result.lost).toBe(0);
    expect(result.created).toBe(result.expired + result.live);
  });

  test('new payloads move at once, and the stored ones as they expire', () => {
    const { times } = shardScenario(workload, 1);
    const [added, , later] = times.map(({ moment }) => moment);
    expect(added?.creates[1]).toBeCloseTo(0.5, 1);
    expect(added?.rows[1]).toBeLessThan(0.1);
    expect(added?.secondLookups).toBeGreaterThan(0.4);
    expect(later?.rows[1]).toBeCloseTo(0.5, 1);
    expect(later?.secondLookups).toBe(0);
    const drained = times.at(-1)?.moment;
    expect(drained?.creates[0]).toBe(0);
    expect(drained?.rows[0]).toBe(0);
  });

  test('a shard cannot be assigned again while it has payloads in two clusters', () => {
    const map = new ShardMap(day);
    map.addClusters(1, 0);
    const moved = Array.from({ length: shardCount }, (_, shard) => shard).filter(
      (shard) => map.clusterOfNew(shard) === 1,
    );
    expect(moved).toHaveLength(shardCount / 2);
    const [shard = 0] = moved;
    expect(map.clustersOf(shard, day - 1)).toEqual([1, 0]);
    expect(() => map.assign(shard, 0, day - 1)).toThrow('has payloads in two clusters');
    expect(map.clustersOf(shard, day)).toEqual([1]);
    map.assign(shard, 0, day);
    expect(map.clustersOf(shard, day)).toEqual([0, 1]);
  });

  test('the ids of the core fall into all shards alike', () => {
    const counts = new Array<number>(16).fill(0);
    for (let count = 0; count < 8000; count += 1) {
      const shard = shardOfId(newPayloadId({ createdAt: 0, expiresAt: 3_600_000 }));
      const part = Math.floor(shard / (shardCount / 16));
      counts[part] = (counts[part] ?? 0) + 1;
    }
    // Six standard deviations around 500.
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(130);
  });
});

describe('docs/scaling.md', () => {
  test('has the tables that npm run simulate -- --write makes from measured.json', () => {
    const page = readFileSync(join(checkout, 'docs', 'scaling.md'), 'utf8');
    let written = page;
    for (const [name, table] of Object.entries(scalingTables(readMeasured())))
      written = replaceMarked(written, name, table);
    expect(page).toBe(written);
  });

  test('has a unit for each measured constant', () => {
    const { constants: stored } = JSON.parse(readFileSync(measuredFile, 'utf8')) as {
      constants: Record<string, { unit: string }>;
    };
    const units = Object.entries(stored).map(([name, { unit }]) => [name, unit]);
    expect(Object.fromEntries(units)).toEqual(constantUnits);
  });
});

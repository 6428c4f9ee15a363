import { seededRandom } from './random.ts';
import { ShardMap, shardOfId } from './shard-map.ts';
import { drawTtl, type Workload } from './workload.ts';

/** What happens to the clusters, and when (s). */
export type Step = { at: number } & ({ add: number } | { drain: number });

type ShardSimulation = {
  workload: Workload;
  steps: Step[];
  /** s. */
  duration: number;
  /** The resolution (s), and the payloads of the sample that are created in it: each represents many. */
  interval: number;
  payloads: number;
  seed: number;
};

/** The share of each cluster at a time (s), by cluster: of new payloads, and of live ones. */
export type Moment = { at: number; creates: number[]; rows: number[]; secondLookups: number };

export type ShardResult = {
  moments: Moment[];
  created: number;
  expired: number;
  live: number;
  /** Look-ups of live payloads, and those of them that found nothing. */
  lookups: number;
  lost: number;
};

type Payload = { shard: number; cluster: number; expiresAt: number };

/**
 * Creates a sample of payloads over a map that changes, and looks up every live one in every interval, as the nodes do:
 * in the clusters that the map names.
 */
export function simulateShards(simulation: ShardSimulation): ShardResult {
  const { workload, duration, interval, payloads, seed } = simulation;
  const random = seededRandom(seed);
  const map = new ShardMap(Math.max(...workload.ttls.map(({ ttl }) => ttl)));
  const moments: Moment[] = [];
  const result = { created: 0, expired: 0, lookups: 0, lost: 0 };
  let live: Payload[] = [];
  const due = simulation.steps.toSorted((one, other) => one.at - other.at);
  for (let index = 0; index * interval < duration; index += 1) {
    // Sums of fractions would miss the times of steps.
    const now = Math.round(index * interval * 1000) / 1000;
    for (let step = due[0]; step !== undefined && step.at <= now; step = due[0]) {
      due.shift();
      if ('add' in step) map.addClusters(step.add, now);
      else map.drain(step.drain, now);
    }
    for (let count = 0; count < payloads; count += 1) {
      const shard = shardOfId(randomId(random));
      const cluster = map.clusterOfNew(shard);
      live.push({ shard, cluster, expiresAt: now + drawTtl(workload, random) });
      result.created += 1;
    }
    const before = live.length;
    live = live.filter(({ expiresAt }) => expiresAt > now);
    result.expired += before - live.length;
    let second = 0;
    for (const { shard, cluster } of live) {
      const place = map.clustersOf(shard, now).indexOf(cluster);
      if (place < 0) result.lost += 1;
      if (place > 0) second += 1;
    }
    result.lookups += live.length;
    const rows = new Array<number>(map.clusters).fill(0);
    for (const { cluster } of live) rows[cluster] = (rows[cluster] ?? 0) + 1;
    moments.push({
      at: now,
      creates: map.sharesOfNew(),
      rows: rows.map((count) => count / live.length),
      secondLookups: second / Math.max(1, live.length),
    });
  }
  return { ...result, moments, live: live.length };
}

/** An id as the core makes them, from seeded numbers. Its first two digits do not matter here. */
function randomId(random: () => number): string {
  const digits = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  );
  return digits.join('');
}

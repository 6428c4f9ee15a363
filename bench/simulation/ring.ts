import { ringTable, slotsOfClass } from '../../src/core/payloads/payload-id.ts';
import { classOf, longestClass } from './leaves.ts';
import { day, month, sizesOf, type Workload } from './workload.ts';

/** Rows over the simulated time. The counts of a class are those of its fullest leaf, and of all of its leaves. */
export type RingUse = {
  created: number;
  /** Rows that were deleted one by one, and rows that went with their leaf. */
  deleted: number;
  emptied: number;
  /** Rows at the end: those that live, and expired ones whose leaf is not emptied yet. */
  live: number;
  waiting: number;
  /** How often a leaf was emptied. */
  emptyings: number;
  /** By class. */
  maxRowsOfLeaf: number[];
  maxLeaves: number[];
};

type Leaf = { rows: number; latestExpiry: number };
type Options = {
  /** s. */
  duration: number;
  /** The time between two sweeps (s), which is also the resolution of the model. */
  step: number;
};

/** A leaf is emptied this long after its last expiry (s), as `src/stores/postgres/payloads/expired-payloads.ts` does. */
const guard = 2;
const ringSize = (longestClass + 1) * slotsOfClass;

/**
 * Lets payloads flow through the ring: each step creates rows in the leaf that the core's own function names, deletes
 * those that must go one by one, and empties leaves in which everything has expired.
 *
 * @throws if rows enter a leaf that still has some of the lap before it, which a working ring never does
 */
export function simulateRing(workload: Workload, { duration, step }: Options): RingUse {
  const { inlineShare } = sizesOf(workload);
  const leaves = Array.from({ length: ringSize }, (): Leaf => ({ rows: 0, latestExpiry: 0 }));
  const sum = { created: 0, deleted: 0, emptied: 0, emptyings: 0, live: 0 };
  const zeros = () => new Array<number>(longestClass + 1).fill(0);
  const use = { maxRowsOfLeaf: zeros(), maxLeaves: zeros() };
  const leavesInUse = zeros();
  // The rows of each step, for the step in which they expire.
  const flows = workload.ttls.map(({ ttl, share }) => ({
    ttl,
    share,
    index: classOf(ttl),
    steps: [] as { leaf: number; rows: number; expiresAt: number }[],
    expired: 0,
  }));
  for (let now = 0; now < duration; now += step) {
    for (const flow of flows) {
      const rows = rateAt(now, workload) * flow.share * step;
      const expiresAt = now + flow.ttl;
      const leaf = ringTable({ createdAt: now * 1000, expiresAt: expiresAt * 1000 }) as number;
      const entered = leaves[leaf] as Leaf;
      if (entered.latestExpiry === 0) add(leavesInUse, flow.index, 1);
      enter(entered, { rows, expiresAt }, now);
      raise(use.maxRowsOfLeaf, flow.index, entered.rows);
      flow.steps.push({ leaf, rows, expiresAt });
      sum.created += rows;
      sum.live += rows;
      // Content in S3 is deleted row by row, and so is everything of the longest class.
      const alone = flow.index === longestClass ? 1 : 1 - inlineShare;
      for (let next = flow.steps[flow.expired]; next && next.expiresAt <= now; ) {
        (leaves[next.leaf] as Leaf).rows -= next.rows * alone;
        sum.deleted += next.rows * alone;
        sum.live -= next.rows;
        flow.expired += 1;
        next = flow.steps[flow.expired];
      }
    }
    for (const [number, leaf] of leaves.entries()) {
      if (leaf.latestExpiry === 0 || leaf.latestExpiry + guard > now) continue;
      add(leavesInUse, Math.floor(number / slotsOfClass), -1);
      sum.emptied += leaf.rows;
      sum.emptyings += 1;
      leaf.rows = 0;
      leaf.latestExpiry = 0;
    }
    for (const [index, inUse] of leavesInUse.entries()) raise(use.maxLeaves, index, inUse);
  }
  const rows = leaves.reduce((total, leaf) => total + leaf.rows, 0);
  return { ...sum, ...use, waiting: rows - sum.live };
}

function enter(leaf: Leaf, { rows, expiresAt }: { rows: number; expiresAt: number }, now: number): void {
  // What is there expires in another lap if it expired long ago.
  if (leaf.latestExpiry > 0 && leaf.latestExpiry < now)
    throw new Error('rows entered a leaf that was not emptied');
  leaf.rows += rows;
  leaf.latestExpiry = Math.max(leaf.latestExpiry, expiresAt);
}

function add(counts: number[], index: number, change: number): void {
  counts[index] = (counts[index] ?? 0) + change;
}

function raise(maxima: number[], index: number, value: number): void {
  maxima[index] = Math.max(maxima[index] ?? 0, value);
}

/** Payloads created a second: a day has a busy and a quiet half. Peaks above twice the mean are too short for this. */
export function rateAt(time: number, { payloadsPerMonth, peakFactor }: Workload): number {
  const amplitude = Math.min(1, peakFactor - 1);
  return (payloadsPerMonth / month) * (1 + amplitude * Math.sin((2 * Math.PI * time) / day));
}

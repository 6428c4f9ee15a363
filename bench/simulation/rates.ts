import { classOf, longestClass } from './leaves.ts';
import { month, type Sizes, sizesOf, type Workload } from './workload.ts';

/** Operations a second. Reads that a cache answers are `cached`; the others ask PostgreSQL. */
export type Rates = {
  inlineCreates: number;
  blobCreates: number;
  cachedReads: number;
  inlineReads: number;
  blobReads: number;
  /** Expired rows that are deleted one by one, and removals of blobs with their rows. */
  rowRemovals: number;
  blobRemovals: number;
};

/** The operations of a workload, in the mean or the busiest second. What is created is removed after its TTL. */
export function ratesOf(workload: Workload, factor: number, sizes: Sizes = sizesOf(workload)): Rates {
  const creates = (workload.payloadsPerMonth / month) * factor;
  const { inlineShare } = sizes;
  const blobShare = 1 - inlineShare;
  const reads = creates * workload.readsPerPayload;
  const longShare = workload.ttls
    .filter(({ ttl }) => classOf(ttl) === longestClass)
    .reduce((sum, { share }) => sum + share, 0);
  return {
    inlineCreates: creates * inlineShare,
    blobCreates: creates * blobShare,
    cachedReads: reads * inlineShare * workload.cachedShare,
    inlineReads: reads * inlineShare * (1 - workload.cachedShare),
    blobReads: reads * blobShare,
    rowRemovals: creates * inlineShare * longShare,
    blobRemovals: creates * blobShare,
  };
}

/** Requests of clients a second. */
export function requestsOf(rates: Rates): number {
  const { inlineCreates, blobCreates, cachedReads, inlineReads, blobReads } = rates;
  return inlineCreates + blobCreates + cachedReads + inlineReads + blobReads;
}

export const day = 86_400;
export const month = 30 * day;
export const kibibyte = 1024;
export const mebibyte = 1024 ** 2;

/** The payloads with one TTL (s), as a share of all. */
export type TtlShare = { ttl: number; share: number };

/** What clients do. Sizes are bytes, times are seconds. */
export type Workload = {
  payloadsPerMonth: number;
  /** Sizes of content are log-normal: most are near the median, and few large ones have most of the bytes. */
  medianSize: number;
  meanSize: number;
  ttls: TtlShare[];
  readsPerPayload: number;
  /** The share of reads that a cache of a node answers. */
  cachedShare: number;
  /** The busiest second, to the mean. */
  peakFactor: number;
};

/** Content up to this size is in the database (`INLINE_LIMIT`). */
export const inlineLimit = 64 * kibibyte;

/** How the content divides between the database and S3. Means are bytes; 0 if there is no such content. */
export type Sizes = { inlineShare: number; inlineMean: number; blobMean: number };

/**
 * The shares and means on both sides of `limit`, from the closed forms of the log-normal distribution.
 *
 * @throws if the mean is below the median, which no log-normal distribution has
 */
export function sizesOf({ medianSize, meanSize }: Workload, limit = inlineLimit): Sizes {
  if (meanSize < medianSize) throw new Error('the mean size must be at least the median');
  const sigma = sigmaOf(medianSize, meanSize);
  if (sigma === 0)
    return meanSize <= limit
      ? { inlineShare: 1, inlineMean: meanSize, blobMean: 0 }
      : { inlineShare: 0, inlineMean: 0, blobMean: meanSize };
  const z = Math.log(limit / medianSize) / sigma;
  const inlineShare = normalShareBelow(z);
  const inlineBytes = meanSize * normalShareBelow(z - sigma);
  const blobShare = 1 - inlineShare;
  return {
    inlineShare,
    inlineMean: inlineShare === 0 ? 0 : inlineBytes / inlineShare,
    blobMean: blobShare === 0 ? 0 : (meanSize - inlineBytes) / blobShare,
  };
}

/** A random size (bytes). */
export function drawSize({ medianSize, meanSize }: Workload, random: () => number): number {
  // Box and Muller's transform of two uniform numbers to a normal one.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(1, Math.round(medianSize * Math.exp(sigmaOf(medianSize, meanSize) * normal)));
}

/** A random TTL (s). */
export function drawTtl({ ttls }: Workload, random: () => number): number {
  let left = random();
  for (const { ttl, share } of ttls) {
    left -= share;
    if (left < 0) return ttl;
  }
  return ttls.at(-1)?.ttl ?? 0;
}

/** The standard deviation of the logarithm. */
function sigmaOf(median: number, mean: number): number {
  return Math.sqrt(2 * Math.log(mean / median));
}

/** The normal distribution function: Abramowitz and Stegun 26.2.17, with an error below 7.5e-8. */
function normalShareBelow(z: number): number {
  if (z < 0) return 1 - normalShareBelow(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const terms = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = terms.reduceRight((total, term) => (total + term) * t, 0);
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

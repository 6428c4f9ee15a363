import { payloadClasses, ringTable, slotsOfClass } from '../../src/core/payloads/payload-id.ts';
import type { Constants } from './measured.ts';
import { day, month, sizesOf, type Workload } from './workload.ts';

/** The leaves of one class of TTLs: how many hold rows at once, and the fullest one. Sizes are bytes. */
export type ClassUse = {
  index: number;
  leaves: number;
  rows: number;
  indexBytes: number;
  tableBytes: number;
};

/** The number of the longest class, whose rows are deleted one by one. */
export const longestClass = payloadClasses.length - 1;

/** The class of payloads with a TTL (s). @throws if no class has it */
export function classOf(ttl: number): number {
  const leaf = ringTable({ createdAt: 0, expiresAt: ttl * 1000 });
  if (leaf === undefined) throw new Error(`no class of the ring has a TTL of ${ttl} s`);
  return Math.floor(leaf / slotsOfClass);
}

/** The time whose payloads share a leaf (s). */
export function slotWidth(index: number): number {
  return (payloadClasses[index]?.slotWidth ?? 0) / 1000;
}

/**
 * The leaves that a workload fills, by class. Everything that expires in the time of one slot shares a leaf, so that a
 * leaf has the payloads of one such time, whatever their TTL.
 */
export function classesInUse(workload: Workload, constants: Constants): ClassUse[] {
  const { payloadsPerMonth, peakFactor, ttls } = workload;
  const { inlineShare, inlineMean } = sizesOf(workload);
  return payloadClasses.flatMap((_, index) => {
    const own = ttls.filter(({ ttl }) => classOf(ttl) === index);
    if (own.length === 0) return [];
    const share = own.reduce((sum, one) => sum + one.share, 0);
    const width = slotWidth(index);
    // Over a day, busy and quiet hours even out.
    const perSecond = ((payloadsPerMonth * share) / month) * (width < day ? peakFactor : 1);
    const rows = perSecond * width;
    const longest = Math.max(...own.map(({ ttl }) => ttl));
    return [
      {
        index,
        // From the slot that ends now, or is being emptied, to that of a payload created now.
        leaves: Math.min(slotsOfClass, Math.ceil(longest / width) + 1),
        rows,
        indexBytes: rows * constants.indexBytesPerRow,
        tableBytes:
          rows * (constants.rowBytes + inlineShare * inlineMean * constants.tableBytesPerContentByte),
      },
    ];
  });
}

import { invalid } from './failure.ts';

const usualLimit = 50;

/** How many entries a page may have: as asked for, or 50. @throws Failure `invalid` outside of 1 to `most` */
export function readLimit(limit: number | undefined, most: number): number {
  if (limit === undefined) return usualLimit;
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw invalid('limit', `must be a whole number from 1 to ${most}`);
  return limit;
}

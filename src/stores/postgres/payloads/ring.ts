import { ringTable } from '../../../core/payloads/payload-id.ts';
import { outsideRing } from '../database/books.ts';

/** The tables of the ring have the numbers 0 to 63. */
export const ringSize = 64;

/** The tables of the longest class, whose expired rows are removed one by one. */
export const firstOfLongest = 48;

/** The name of each table with payloads; that of the rows outside of the ring is last. */
export const tables: readonly string[] = [
  ...Array.from({ length: ringSize }, (_, leaf) => `payloads_${String(leaf).padStart(2, '0')}`),
  'payloads_legacy',
];

/** The table of a new row: a row lies in the ring only if its id names the table for its times. */
export function leafOfRow(row: { id: string; createdAt: number; expiresAt: number }): number {
  const leaf = ringTable(row);
  return leaf !== undefined && leaf === leafInId(row.id) ? leaf : outsideRing;
}

/** The tables in which a row with this id may be, in the order in which to look. */
export function leavesOfId(id: string): readonly number[] {
  return candidates[leafInId(id)] ?? onlyOutside;
}

/**
 * Runs `inTable` for the items of each table of the ring, without waiting in between, and then outside of the ring for
 * those that were not found. Everything that locks rows of several tables uses this order.
 */
export async function inTablesOf<Item extends { id: string }>(
  items: Item[],
  inTable: (leaf: number, items: Item[]) => Promise<void>,
  isFound: (item: Item) => boolean,
): Promise<void> {
  const byLeaf = Map.groupBy(items, ({ id }) => leafInId(id));
  const inRing = [...byLeaf].filter(([leaf]) => leaf < ringSize).sort(([one], [other]) => one - other);
  await Promise.all(inRing.map(([leaf, ofLeaf]) => inTable(leaf, ofLeaf)));
  const others = items.filter((item) => !isFound(item));
  if (others.length > 0) await inTable(outsideRing, others);
}

function leafInId(id: string): number {
  return Number.parseInt(id.slice(0, 2), 16);
}

const onlyOutside: readonly number[] = [outsideRing];
const candidates = Array.from({ length: ringSize }, (_, leaf): readonly number[] => [leaf, outsideRing]);

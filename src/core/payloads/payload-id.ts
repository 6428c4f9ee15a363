import { newHashId } from '../ids.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * The classes of payloads by TTL, each with a ring of 16 slots. Times are ms. In the longest class, 28 days remain to
 * empty a slot before it is used again.
 */
export const payloadClasses = [
  { maxLife: hour, slotWidth: 5 * minute },
  { maxLife: day, slotWidth: 2 * hour },
  { maxLife: 14 * day, slotWidth: day },
  { maxLife: 392 * day, slotWidth: 28 * day },
];
/** The slots of a class. */
export const slotsOfClass = 16;

/** Times are milliseconds since the epoch. */
type Life = { createdAt: number; expiresAt: number };

/**
 * The table of the ring for a payload with these times, which is the first byte of its id: 2 bits layout (00), 2 bits
 * class, 4 bits slot. Undefined if the TTL exceeds all classes, or is not positive.
 */
export function ringTable({ createdAt, expiresAt }: Life): number | undefined {
  const life = expiresAt - createdAt;
  if (life <= 0) return undefined;
  for (const [index, { maxLife, slotWidth }] of payloadClasses.entries())
    if (life <= maxLife) return index * slotsOfClass + (Math.floor(expiresAt / slotWidth) % slotsOfClass);
  return undefined;
}

/**
 * Makes the id of a payload: 8 bits that name its table, and 120 random bits, as 32 hex digits. A store can find the
 * table of a payload by its id, and truncate that table when everything in it has expired. A payload that belongs in no
 * table has the bits of the last class and a random slot. Ids of earlier versions are entirely random, so a store uses
 * the table in an id only if it is the one for the times of the payload.
 */
export function newPayloadId(life: Life): string {
  const random = newHashId();
  const table = ringTable(life);
  if (table === undefined) return `${payloadClasses.length - 1}${random.slice(1)}`;
  return `${table.toString(16).padStart(2, '0')}${random.slice(2)}`;
}

import { newHashId } from '../ids.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * The classes of payloads by TTL, each with a ring of 16 slots. In the longest class, 28 days remain to empty a slot
 * before it is used again.
 */
const classes = [
  { maxLife: hour, slotWidth: 5 * minute },
  { maxLife: day, slotWidth: 2 * hour },
  { maxLife: 14 * day, slotWidth: day },
  { maxLife: 392 * day, slotWidth: 28 * day },
];
const slots = 16;

/**
 * Makes the id of a payload: 2 bits layout (00), 2 bits class, 4 bits slot, 120 random bits, as 32 hex digits. A store
 * can find the table of a payload by its id, and truncate that table when everything in it has expired. A payload whose
 * TTL exceeds all classes has the bits of the last class and a random slot. Ids of earlier versions are entirely
 * random, so a store uses class and slot only if they match the times of the payload.
 */
export function newPayloadId({ createdAt, expiresAt }: { createdAt: number; expiresAt: number }): string {
  const random = newHashId();
  const index = classes.findIndex(({ maxLife }) => expiresAt - createdAt <= maxLife);
  const width = classes[index]?.slotWidth;
  if (width === undefined) return `${classes.length - 1}${random.slice(1)}`;
  const slot = Math.floor(expiresAt / width) % slots;
  return `${index}${slot.toString(16)}${random.slice(2)}`;
}

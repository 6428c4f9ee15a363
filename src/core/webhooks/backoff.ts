import { createHash } from 'node:crypto';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** The delays after the first, second, … failed try (ms). */
const delays = [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 3 * hour];
const maxDelay = 4 * hour;

/** A delivery fails this long after its event (ms). */
const deliveryLifetime = 24 * hour;

/** Up to this share is added to a delay, so that deliveries that failed together are not retried together. */
const jitter = 0.1;

/**
 * When a delivery is tried again; null if it has failed. The last try is at the end of its lifetime. The jitter is
 * derived from the id and the number of tries, so it is deterministic.
 *
 * @param attempts The tries so far, at least one.
 */
export function nextAttempt(
  delivery: { id: string; attempts: number; createdAt: number },
  now: number,
): number | null {
  const end = delivery.createdAt + deliveryLifetime;
  if (now >= end) return null;
  const delay = delays[delivery.attempts - 1] ?? maxDelay;
  return Math.min(end, now + Math.round(delay * (1 + jitter * shareOf(delivery))));
}

/** A pseudorandom number from 0 to 1. */
function shareOf({ id, attempts }: { id: string; attempts: number }): number {
  return createHash('sha256').update(`${id} ${attempts}`).digest().readUInt16BE() / 0xffff;
}

import { createHash } from 'node:crypto';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long after the first, second, … failed try the next one comes (ms); the last goes on. */
const delays = [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute, hour, 3 * hour];
const maxDelay = 4 * hour;

/** How long after its event a delivery is given up (ms). */
const deliveryLifetime = 24 * hour;

/** Up to this share is added to a delay, so that what failed together does not come back together. */
const jitter = 0.1;

/**
 * When a delivery is tried again, null to give it up. Its last try is at the end of its lifetime. The jitter
 * follows from the id and the try: the same for whoever asks.
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

/** A number from 0 to 1 that looks random. */
function shareOf({ id, attempts }: { id: string; attempts: number }): number {
  return createHash('sha256').update(`${id} ${attempts}`).digest().readUInt16BE() / 0xffff;
}

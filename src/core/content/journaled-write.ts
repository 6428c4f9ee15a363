import { Failure, storeAway } from '../failure.ts';
import { newHashId } from '../ids.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { BlobJournal } from '../ports/content/blob-journal.ts';
import type { LeaseLost, PlacedContent } from '../ports/content/content.ts';

/** Writes the row that shows the content. */
export type Publish<T> = (placed: PlacedContent) => Promise<T | LeaseLost>;

/** The dependencies of `throughJournal`. */
export type JournaledWriting = {
  journal: BlobJournal;
  clock: Clock;
  timers: Timers;
  /** The lease of a journal record (ms). */
  leaseTime: number;
};

/**
 * Writes the journal record first, then the bytes, then the row, and renews the lease in the meantime
 * (docs/architecture.md, "Bytes and rows"). After a failure the record stays until its lease ends: the store may still
 * be writing, and a sweep before it has finished would find nothing to remove.
 */
export async function throughJournal<T>(
  { journal, clock, timers, leaseTime }: JournaledWriting,
  write: (key: string) => Promise<PlacedContent>,
  publish: Publish<T>,
  removeAgainAfter?: number,
): Promise<T> {
  const key = newHashId();
  await journal.reserve(key, clock(), leaseTime, removeAgainAfter);
  const stopRenewing = timers.every(leaseTime / 3, () => {
    // If the renewal failed, publishing finds the record claimed and fails.
    journal.renew(key, clock(), leaseTime).catch(() => undefined);
  });
  try {
    const published = await publish(await write(key));
    // A sweep claimed the record while this write stalled, and may have run before the bytes arrived.
    if (published === 'lease_lost') await journal.discard(key, clock());
    return settled(published);
  } catch (error) {
    // The blob is complete and no row will show it: the next sweep need not wait for the lease.
    if (error instanceof Failure && error.code === 'blocked')
      await journal.discard(key, clock()).catch(() => undefined);
    throw error;
  } finally {
    stopRenewing();
  }
}

/** @throws Failure `store_away` if the lease was lost */
export function settled<T>(published: T | LeaseLost): T {
  if (published === 'lease_lost') throw storeAway(new Error('the lease on the blob was lost'));
  return published;
}

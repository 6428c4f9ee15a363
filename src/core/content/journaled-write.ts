import { Failure, storeAway } from '../failure.ts';
import { newHashId } from '../ids.ts';
import type { BlobJournal } from '../ports/blob-journal.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { LeaseLost, PlacedContent } from '../ports/content.ts';

/** Makes the row that shows the content. */
export type Publish<T> = (placed: PlacedContent) => Promise<T | LeaseLost>;

/** What a write by way of the journal needs. */
export type JournaledWriting = {
  journal: BlobJournal;
  clock: Clock;
  timers: Timers;
  /** How long a writer's journal record is its own without renewal (ms). */
  leaseTime: number;
};

/**
 * Record first, then bytes, then the row; the lease is renewed all the while (docs/architecture.md, "Bytes and rows").
 * After a failure the record stays until its lease ends: a store may still be storing what broke off, and
 * a sweep that came before it would find nothing to remove.
 */
export async function throughJournal<T>(
  { journal, clock, timers, leaseTime }: JournaledWriting,
  write: (key: string) => Promise<PlacedContent>,
  publish: Publish<T>,
  mayGoOnFor?: number,
): Promise<T> {
  const key = newHashId();
  await journal.reserve(key, clock(), leaseTime, mayGoOnFor);
  const stopRenewing = timers.every(leaseTime / 3, () => {
    // A failed renewal is noticed where it matters: publishing finds the record claimed and fails.
    journal.renew(key, clock(), leaseTime).catch(() => undefined);
  });
  try {
    const published = await publish(await write(key));
    // A sweep claimed the record while we were stalled, and may have looked before our bytes came.
    if (published === 'lease_lost') await journal.discard(key, clock());
    return settled(published);
  } catch (error) {
    // Its bytes are all there, and no row will show them: the next sweep need not wait for the lease.
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

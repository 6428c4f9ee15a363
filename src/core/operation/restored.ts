import type { StoredKey } from '../ports/accounts/account-store.ts';
import type { Stores } from '../ports/stores.ts';
import type { Swept } from '../ports/swept.ts';
import { type ExpiredRows, type ExpiringStores, noExpiredRows, removalsOfExpired } from './expired-rows.ts';

/** What was removed from a restored database, and what its operator must decide. */
export type RestoredReport = {
  countedPayloads: number;
  /** Uploads that were not completed. */
  uploads: number;
  /** Idempotent requests without an answer. */
  requests: number;
  /** Blobs that were being written. */
  writes: number;
  expired: ExpiredRows;
  /** The active keys. Some may have been revoked since the time that was restored. */
  keys: (StoredKey & { accountName: string | null })[];
};

type RestoredStores = ExpiringStores & Pick<Stores, 'journal'>;

/** Rows of one transaction. No request waits for it. */
const batch = 1000;

/**
 * Prepares a restored database for its first server; until then, no process may serve it. Removes counted payloads,
 * whose reads may have been taken since, and expired rows. Ends what was running at the time that was restored: uploads,
 * requests and writes of blobs. Blobs enter the journal, from which the first sweep removes them. May be repeated after
 * a failure.
 */
export async function settleRestored(stores: RestoredStores, now: number): Promise<RestoredReport> {
  const { payloads, uploads, idempotency, journal, accounts } = stores;
  const countedPayloads = await payloads.removeCounted(now);
  const ended = await inBatches((budget) => uploads.expire(now, budget, Number.MAX_SAFE_INTEGER));
  const requests = await idempotency.releaseAll();
  const expired = noExpiredRows();
  for (const [kind, remove] of removalsOfExpired(stores, now)) expired[kind] = await inBatches(remove);
  const writes = await journal.endLeases(now);
  return { countedPayloads, uploads: ended, requests, writes, expired, keys: await accounts.listKeys() };
}

async function inBatches(remove: (budget: number) => Promise<Swept>): Promise<number> {
  let total = 0;
  for (;;) {
    const { removed, isDone } = await remove(batch);
    total += removed;
    if (isDone) return total;
  }
}

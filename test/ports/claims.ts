import type { ClaimedDelivery, Outbox } from '../../src/core/ports/outbox.ts';

/** The lease of a claim or of a writer (ms), where its length does not matter. */
export const leaseTime = 60_000;

/** After all that a delivery waits for with a time of its own. */
const endOfTime = 8_640_000_000_000_000 - 1;

/** Claims all that is due, one of each webhook. */
export async function claimDue(store: Outbox, now: number, lease: number): Promise<ClaimedDelivery[]> {
  return store.claim(await dueIn(store, now), now, lease);
}

/** The ids of what is due, one of each webhook. */
export async function dueIn(store: Outbox, now: number): Promise<string[]> {
  return (await store.due(now)).map(({ id }) => id);
}

/** Whether anything waits for a try, now or later. */
export async function hasWaiting(store: Outbox): Promise<boolean> {
  return (await store.due(endOfTime)).length > 0;
}

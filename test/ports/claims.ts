import type { ClaimedDelivery, Outbox } from '../../src/core/ports/webhooks/outbox.ts';

/** The lease of a claim or of a writer (ms), if its length does not matter. */
export const leaseTime = 60_000;

/** A time after every scheduled try. */
const endOfTime = 8_640_000_000_000_000 - 1;

/** Claims all due deliveries, one of each webhook. */
export async function claimDue(store: Outbox, now: number, lease: number): Promise<ClaimedDelivery[]> {
  return store.claim(await dueIn(store, now), now, lease);
}

/** The ids of the due deliveries, one of each webhook. */
export async function dueIn(store: Outbox, now: number): Promise<string[]> {
  return (await store.due(now)).map(({ id }) => id);
}

/** Whether any delivery is pending, due now or later. */
export async function hasWaiting(store: Outbox): Promise<boolean> {
  return (await store.due(endOfTime)).length > 0;
}

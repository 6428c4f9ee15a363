import type { ClaimedDelivery, WebhookStore } from '../../src/core/ports/webhook-store.ts';

/** After all that a delivery waits for with a time of its own. */
const endOfTime = 8_640_000_000_000_000 - 1;

/** Claims all that is due, one of each webhook. */
export async function claimDue(
  store: WebhookStore,
  now: number,
  claimUntil: number,
): Promise<ClaimedDelivery[]> {
  return store.claim(await dueIn(store, now), now, claimUntil);
}

/** The ids of what is due, one of each webhook. */
export async function dueIn(store: WebhookStore, now: number): Promise<string[]> {
  return (await store.due(now)).map(({ id }) => id);
}

/** Whether anything waits for a try, now or later. */
export async function hasWaiting(store: WebhookStore): Promise<boolean> {
  return (await store.due(endOfTime)).length > 0;
}

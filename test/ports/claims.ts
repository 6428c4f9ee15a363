import type { ClaimedDelivery, DeliveryClaim, Outbox } from '../../src/core/ports/webhooks/outbox.ts';

/** The lease of a claim or of a writer (ms), if its length does not matter. */
export const leaseTime = 60_000;

/** A time after every scheduled try. */
const endOfTime = 8_640_000_000_000_000 - 1;

/** Claims all due deliveries, one of each webhook. */
export async function claimDue(store: Outbox, now: number, lease: number): Promise<ClaimedDelivery[]> {
  return store.claim(await dueIn(store, now), now, lease);
}

/** What a claimer of a delivery reports with, if it has no more than this. */
export function claimOf(
  { id, attempts }: { id: string; attempts: number },
  webhookId: string,
): DeliveryClaim {
  return { id, attempts, webhookId, claimedUntil: 0 };
}

/** An outbox whose deliveries are named by their ids: results go with the last claim of a delivery. */
export function claimerOf(store: Outbox) {
  const claims = new Map<string, ClaimedDelivery>();
  const last = (id: string) => claims.get(id) ?? claimOf({ id, attempts: 0 }, 'not claimed');
  return {
    async claim(at: number, lease = leaseTime): Promise<string[]> {
      const claimed = await claimDue(store, at, lease);
      for (const delivery of claimed) claims.set(delivery.id, delivery);
      return claimed.map(({ id }) => id);
    },
    delivered: (id: string, status: number, now: number) => store.delivered(last(id), status, now),
    failed: (id: string, status: number | null, nextAttemptAt: number | null, now: number) =>
      store.failed(last(id), status, nextAttemptAt, now),
  };
}

/** The ids of the due deliveries, one of each webhook. */
export async function dueIn(store: Outbox, now: number): Promise<string[]> {
  return (await store.due(now)).map(({ id }) => id);
}

/** Whether any delivery is pending, due now or later. */
export async function hasWaiting(store: Outbox): Promise<boolean> {
  return (await store.due(endOfTime)).length > 0;
}

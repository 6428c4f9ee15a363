import { eventsAbout } from '../buckets/object-events.ts';
import type { Stores } from '../ports/stores.ts';
import type { Swept } from '../ports/swept.ts';

/** The stores whose rows expire. */
export type ExpiringStores = Pick<
  Stores,
  'payloads' | 'objects' | 'uploads' | 'accounts' | 'outbox' | 'idempotency'
>;

/** Numbers of removed rows. */
export type ExpiredRows = {
  payloads: number;
  objects: number;
  uploads: number;
  accounts: number;
  deliveries: number;
  idempotencyRecords: number;
};

/** How long the outbox keeps delivered and failed deliveries (ms; docs/contract/buckets.md, "Deliveries"). */
const deliveryRetention = 7 * 86_400_000;

/** For each kind of rows, in the order of their removal, a function that removes about `budget` that are expired. */
export function removalsOfExpired(
  { payloads, objects, uploads, accounts, outbox, idempotency }: ExpiringStores,
  now: number,
): [keyof ExpiredRows, (budget: number) => Promise<Swept>][] {
  return [
    ['payloads', (budget) => payloads.expire(now, budget)],
    ['objects', (budget) => objects.expire(now, budget, eventsAbout(now, 'object.expired'))],
    ['uploads', (budget) => uploads.expire(now, budget)],
    // After their content: an account is removed only when nothing is left in it.
    ['accounts', (budget) => accounts.expire(now, budget)],
    ['deliveries', (budget) => outbox.removeOld(now - deliveryRetention, budget)],
    ['idempotencyRecords', (budget) => idempotency.expire(now, budget)],
  ];
}

export function noExpiredRows(): ExpiredRows {
  return { payloads: 0, objects: 0, uploads: 0, accounts: 0, deliveries: 0, idempotencyRecords: 0 };
}

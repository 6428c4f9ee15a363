import { Failure } from '../failure.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import type { Plan } from '../ports/plan-store.ts';
import type { Quota, QuotaExceeded } from '../ports/quota.ts';
import { isRefusedToGuests } from './guest-types.ts';

/** What an account's plan says of one file that is to come. @throws Failure `too_large`, `type_refused` */
export function requireWithinPlan(
  account: StoredAccount,
  plan: Plan,
  maxObjectSize: number,
  { mediaType, size }: { mediaType: string; size: number },
): void {
  const limit = maxBytes(plan, maxObjectSize);
  if (size > limit) throw new Failure('too_large', `The file exceeds the limit of ${limit} bytes`);
  if (account.plan === 'guest' && isRefusedToGuests(mediaType))
    throw new Failure('type_refused', 'Guests may not upload files of this type');
}

/** Of what belongs to no account. */
export const noQuota: Quota = { maxStoredBytes: null, maxObjects: null };

/** The largest object (bytes) that a plan and the server allow. */
export function maxBytes({ maxObjectBytes }: Plan, maxObjectSize: number): number {
  return Math.min(maxObjectBytes ?? Number.POSITIVE_INFINITY, maxObjectSize);
}

/** @returns The outcome of a write that is within its quota. @throws Failure `bytes_exceeded`, `objects_exceeded` */
export function requireWithinQuota<Outcome>(
  outcome: Outcome,
  { maxStoredBytes, maxObjects }: Quota,
): Exclude<Outcome, QuotaExceeded> {
  if (outcome === 'bytes_exceeded')
    throw new Failure('bytes_exceeded', `The storage limit of ${maxStoredBytes} bytes would be exceeded`);
  if (outcome === 'objects_exceeded')
    throw new Failure('objects_exceeded', `The limit of ${maxObjects} objects is reached`);
  return outcome as Exclude<Outcome, QuotaExceeded>;
}

/** Bytes and numbers of objects. */
type Amount = { bytes: number; objects: number };

/** Whether a quota lets an account hold so much more. What gets less is always let. @throws as `requireWithinQuota` */
export function requireRoomInQuota(quota: Quota, held: Amount, more: Amount): void {
  const exceeds = (most: number | null, has: number, comes: number) =>
    most !== null && comes > 0 && has + comes > most;
  if (exceeds(quota.maxStoredBytes, held.bytes, more.bytes)) requireWithinQuota('bytes_exceeded', quota);
  if (exceeds(quota.maxObjects, held.objects, more.objects)) requireWithinQuota('objects_exceeded', quota);
}

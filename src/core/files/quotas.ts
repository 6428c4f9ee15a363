import { Failure } from '../failure.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { Plan } from '../ports/accounts/plan-store.ts';
import type { Quota, QuotaExceeded } from '../ports/limits/quota.ts';
import { isRefusedToGuests } from './guest-types.ts';

/** Checks a new file against the plan of its account. @throws Failure `too_large`, `type_refused` */
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

/** The quota of content without an account. */
export const noQuota: Quota = { maxStoredBytes: null, maxObjects: null };

/** The maximum size (bytes) that the plan and the server allow. */
export function maxBytes({ maxObjectBytes }: Plan, maxObjectSize: number): number {
  return Math.min(maxObjectBytes ?? Number.POSITIVE_INFINITY, maxObjectSize);
}

/** @returns The outcome, if the quota allowed the write. @throws Failure `bytes_exceeded`, `objects_exceeded` */
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

type Amount = { bytes: number; objects: number };

/** Checks a change against a quota. Values that do not grow always pass. @throws as `requireWithinQuota` */
export function requireRoomInQuota(quota: Quota, held: Amount, more: Amount): void {
  const exceeds = (max: number | null, current: number, growth: number) =>
    max !== null && growth > 0 && current + growth > max;
  if (exceeds(quota.maxStoredBytes, held.bytes, more.bytes)) requireWithinQuota('bytes_exceeded', quota);
  if (exceeds(quota.maxObjects, held.objects, more.objects)) requireWithinQuota('objects_exceeded', quota);
}

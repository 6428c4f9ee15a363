import { Failure } from '../failure.ts';
import type { StoredAccount } from '../ports/account-store.ts';
import type { Holdings } from '../ports/object-writes.ts';
import type { Plan } from '../ports/plan-store.ts';
import type { Quota, QuotaVerdict } from '../ports/upload-store.ts';
import { isRefusedToGuests } from './guest-types.ts';

/** What an account's plan says of one file that is to come. @throws Failure `too_large`, `type_refused` */
export function requireWithinPlan(
  account: StoredAccount,
  plan: Plan,
  maxObjectSize: number,
  { mediaType, size }: { mediaType: string; size: number },
): void {
  const limit = mostBytes(plan, maxObjectSize);
  if (size > limit) throw new Failure('too_large', `The file exceeds the limit of ${limit} bytes`);
  if (account.plan === 'guest' && isRefusedToGuests(mediaType))
    throw new Failure('type_refused', 'Guests may not upload files of this type');
}

/** The largest object (bytes) that a plan and the server allow. */
export function mostBytes({ maxObjectBytes }: Plan, maxObjectSize: number): number {
  return Math.min(maxObjectBytes ?? Number.POSITIVE_INFINITY, maxObjectSize);
}

/** @throws Failure `bytes_exceeded`, `objects_exceeded` */
export function requireWithinQuota(verdict: QuotaVerdict, quota: Quota): void {
  if (verdict === 'bytes_exceeded')
    throw new Failure(
      'bytes_exceeded',
      `The storage limit of ${quota.maxStoredBytes} bytes would be exceeded`,
    );
  if (verdict === 'objects_exceeded')
    throw new Failure('objects_exceeded', `The limit of ${quota.maxObjects} objects is reached`);
}

/** Whether a plan lets an account hold so much more. What gets less is always let. @throws as `requireWithinQuota` */
export function requireRoomInPlan({
  plan,
  held,
  more,
}: {
  plan: Plan;
  held: Holdings;
  more: Holdings;
}): void {
  const exceeds = (most: number | null, has: number, comes: number) =>
    most !== null && comes > 0 && has + comes > most;
  if (exceeds(plan.maxStoredBytes, held.bytes, more.bytes)) requireWithinQuota('bytes_exceeded', plan);
  if (exceeds(plan.maxObjects, held.objects, more.objects)) requireWithinQuota('objects_exceeded', plan);
}

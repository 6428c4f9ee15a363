import { requireRoomInPlan } from '../objects/quotas.ts';
import type { Admission } from '../ports/object-writes.ts';
import type { Plan } from '../ports/plan-store.ts';
import { type Conditions, requireConditions } from './conditions.ts';

/** Lets an object of `size` bytes in where its conditions hold and the plan has room for it. */
export function admission(plan: Plan, size: number, conditions: Conditions): Admission {
  return ({ current, released, held }) => {
    requireConditions(conditions, current);
    const isLimited = plan.maxStoredBytes !== null || plan.maxObjects !== null;
    if (!isLimited) return;
    const more = { bytes: size - released.bytes, objects: 1 - released.objects };
    requireRoomInPlan({ plan, held: held(), more });
  };
}

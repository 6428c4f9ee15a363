import type { Services } from '../../composition/index.ts';
import type { Plan } from '../../core/ports/accounts/plan-store.ts';
import { formatDuration } from '../../core/quantity.ts';
import { table } from '../shared/table.ts';

/** Bytes, files and milliseconds. */
type Limit = number | 'none';
export type PlanOptions = Partial<Record<'storage' | 'maxFile' | 'maxFiles' | 'lifetime', Limit>>;

/** `plans set NAME`: changes the given limits and prints the plan. `none` removes a limit. */
export async function setPlan(
  { plans }: Services,
  name: string,
  { storage, maxFile, maxFiles, lifetime }: PlanOptions,
): Promise<number> {
  const limits = {
    maxStoredBytes: storage,
    maxObjectBytes: maxFile,
    maxObjects: maxFiles,
    lifetime,
  };
  const changed = Object.entries(limits)
    .filter(([, limit]) => limit !== undefined)
    .map(([field, limit]) => [field, limit === 'none' ? null : limit]);
  const plan = await plans.set(name, Object.fromEntries(changed));
  console.log(planTable([plan]));
  return 0;
}

/** `plans list`. */
export async function listPlans({ plans }: Services): Promise<number> {
  console.log(planTable(await plans.list()));
  return 0;
}

function planTable(plans: Plan[]): string {
  const rows = plans.map(({ name, maxStoredBytes, maxObjectBytes, maxObjects, lifetime }) => [
    name,
    maxStoredBytes ?? 'none',
    maxObjectBytes ?? 'none',
    maxObjects ?? 'none',
    lifetime === null ? 'none' : formatDuration(lifetime),
  ]);
  return table(['PLAN', 'STORAGE', 'MAX FILE', 'MAX FILES', 'LIFETIME'], rows);
}

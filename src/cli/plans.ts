import type { Plan } from '../core/ports/plan-store.ts';
import { formatDuration } from '../core/quantity.ts';
import type { Services } from '../services.ts';
import { readArguments, readCount, readDuration, readLimit, readSize } from './arguments.ts';
import { table } from './table.ts';

/** `plans set NAME`: changes the limits that are given, and prints the plan; `none` takes a limit away. */
export async function setPlan({ plans }: Services, given: string[]): Promise<number> {
  const { words, options } = readArguments(given, ['storage', 'max-file', 'max-files', 'lifetime'], 1);
  const limits = {
    maxStoredBytes: readLimit('storage', options.storage, readSize),
    maxObjectBytes: readLimit('max-file', options['max-file'], readSize),
    maxObjects: readLimit('max-files', options['max-files'], readCount),
    lifetime: readLimit('lifetime', options.lifetime, readDuration),
  };
  const changed = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  const plan = await plans.set(words[0] ?? '', Object.fromEntries(changed));
  console.log(planTable([plan]));
  return 0;
}

/** `plans list`. */
export async function listPlans({ plans }: Services, given: string[]): Promise<number> {
  readArguments(given, [], 0);
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

import type { Services } from '../services.ts';
import { readArguments, readCount, readDuration, readLimit, readSize } from './arguments.ts';
import { table } from './table.ts';

const dayLength = 86_400_000;

/** `plans set NAME`: changes the limits that are given; `none` takes one away. */
export async function setPlan({ plans }: Services, given: string[]): Promise<number> {
  const { words, options } = readArguments(given, ['storage', 'max-file', 'max-files', 'lifetime'], 1);
  const limits = {
    maxStoredBytes: readLimit('storage', options.storage, readSize),
    maxObjectBytes: readLimit('max-file', options['max-file'], readSize),
    maxObjects: readLimit('max-files', options['max-files'], readCount),
    lifetime: readLimit('lifetime', options.lifetime, readDuration),
  };
  const changed = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  await plans.set(words[0] ?? '', Object.fromEntries(changed));
  return 0;
}

/** `plans list`. */
export async function listPlans({ plans }: Services, given: string[]): Promise<number> {
  readArguments(given, [], 0);
  const rows = (await plans.list()).map(({ name, maxStoredBytes, maxObjectBytes, maxObjects, lifetime }) => [
    name,
    maxStoredBytes ?? 'none',
    maxObjectBytes ?? 'none',
    maxObjects ?? 'none',
    lifetime === null ? 'none' : `${lifetime / dayLength}d`,
  ]);
  console.log(table(['PLAN', 'STORAGE', 'MAX FILE', 'MAX FILES', 'LIFETIME'], rows));
  return 0;
}

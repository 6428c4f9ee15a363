import { checkConsistency } from '../core/consistency.ts';
import type { Services } from '../services.ts';
import { readArguments } from './arguments.ts';

/** `check`: prints what it found as JSON, and fails where rows and bytes do not agree. */
export async function check({ stores, blobs }: Services, given: string[]): Promise<number> {
  readArguments(given, [], 0);
  const report = await checkConsistency(stores.inventory, blobs, stores.journal);
  console.log(JSON.stringify(report, null, 2));
  const { missing, wrongSize, orphans, wrongUsage } = report;
  return missing.length + wrongSize.length + orphans.length + wrongUsage.length === 0 ? 0 : 1;
}

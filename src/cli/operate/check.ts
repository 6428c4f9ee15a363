import type { Services } from '../../composition/index.ts';
import { checkConsistency } from '../../core/operation/consistency.ts';

export type CheckOptions = { repair?: boolean };

/** `check`: prints its report as JSON. Fails if the database is damaged, or if rows and blobs disagree. */
export async function check(
  { stores, blobs, clock }: Services,
  { repair = false }: CheckOptions,
): Promise<number> {
  const repairAt = repair ? clock() : undefined;
  const report = await checkConsistency(stores.inventory, blobs, stores.journal, repairAt);
  console.log(JSON.stringify(report, null, 2));
  const { damage, missing, wrongSize, orphans, wrongParts, wrongUsage } = report;
  return [damage, missing, wrongSize, orphans, wrongParts, wrongUsage].flat().length === 0 ? 0 : 1;
}

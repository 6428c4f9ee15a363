import type { Lifetime } from './lifetime.ts';
import { runProcess } from './processes.ts';

const limitSeconds = 300;

/** Flushes earlier writes to disk, so that the next measurement does not include them. */
export async function settleDisk(lifetime: Lifetime): Promise<void> {
  await runProcess(lifetime, ['sync'], limitSeconds);
}

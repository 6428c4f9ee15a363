import type { Lifetime } from './lifetime.ts';
import { runProcess } from './processes.ts';

const limitSeconds = 300;

/** Lets the disk finish what earlier work left in memory, so that the next measurement does not pay for it. */
export async function settleDisk(lifetime: Lifetime): Promise<void> {
  await runProcess(lifetime, ['sync'], limitSeconds);
}

import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchFolder } from '../checkout.ts';
import type { Lifetime } from '../lifetime.ts';
import type { Run } from '../run.ts';
import type { Constants } from '../simulation/measured.ts';
import type { Scene } from './scene.ts';

const page = Buffer.alloc(8192, 1);
const syncSeconds = 2;

/** What the machine and idle nodes do without requests. */
export async function measureBackground(
  run: Run,
  lifetime: Lifetime,
  { database }: Scene,
): Promise<Pick<Constants, 'postgresIdlePerNode' | 'diskSyncsPerSecond'>> {
  const nodes = 2;
  const before = database.cpu();
  await Bun.sleep(run.scale.pacedSeconds * 1000);
  const idle = (database.cpu() - before) / run.scale.pacedSeconds / nodes;
  return { postgresIdlePerNode: idle, diskSyncsPerSecond: syncsOfDisk(lifetime) };
}

/** Appends pages to a file, and syncs each. @returns syncs a second */
function syncsOfDisk(lifetime: Lifetime): number {
  const file = openSync(join(makeScratchFolder(lifetime), 'pages'), 'w');
  const start = performance.now();
  let syncs = 0;
  while (performance.now() - start < syncSeconds * 1000) {
    writeSync(file, page);
    fdatasyncSync(file);
    syncs += 1;
  }
  closeSync(file);
  return (syncs * 1000) / (performance.now() - start);
}

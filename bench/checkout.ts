import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Lifetime } from './lifetime.ts';

/** The folder that holds this project. */
export const checkout = join(import.meta.dirname, '..');

const tmpfsMagic = 0x01021994;

/** Creates an empty folder on the disk of the checkout, which `lifetime` deletes. */
export function makeScratchFolder(lifetime: Lifetime): string {
  const cache = join(checkout, '.cache');
  mkdirSync(cache, { recursive: true });
  // An fsync in memory costs nothing, so the numbers for durable writes would be wrong.
  if (statfsSync(cache).type === tmpfsMagic)
    throw new Error(`${cache} is in memory: put the checkout on a disk to measure`);
  const folder = mkdtempSync(join(cache, 'bench-'));
  lifetime.onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { MayflyProcess } from './mayfly-process.ts';

/** The blob files that a process has open. */
export function openBlobs({ pid, dataDir }: Pick<MayflyProcess, 'pid' | 'dataDir'>): string[] {
  const folder = `/proc/${pid}/fd`;
  const blobs = join(dataDir, 'blobs');
  return readdirSync(folder)
    .map((descriptor) => {
      try {
        return readlinkSync(join(folder, descriptor));
      } catch {
        return '';
      }
    })
    .filter((path) => path.startsWith(blobs));
}

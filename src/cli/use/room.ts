import { statfs } from 'node:fs/promises';
import { CommandFailure, exitCodes } from '../shared/command-failure.ts';
import { formatBytes } from './progress.ts';

/**
 * What can be read only so often is not read where there is no room for it.
 *
 * @throws CommandFailure
 */
export async function requireRoom(folder: string, bytes: number | undefined): Promise<void> {
  const found = await statfs(folder).catch(() => undefined);
  // A file system that tells of no blocks at all does not know.
  if (bytes === undefined || found === undefined || found.blocks === 0) return;
  if (found.bavail * found.bsize >= bytes) return;
  throw new CommandFailure(
    `${folder} has no room for ${formatBytes(bytes)}; nothing was read`,
    exitCodes.tooLarge,
  );
}

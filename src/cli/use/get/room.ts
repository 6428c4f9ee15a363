import { statfs } from 'node:fs/promises';
import { CommandFailure, exitCodes } from '../../shared/command-failure.ts';
import { formatBytes } from '../progress.ts';

/**
 * Checks free space before a limited read is taken.
 *
 * @throws CommandFailure
 */
export async function requireRoom(folder: string, bytes: number | undefined): Promise<void> {
  const found = await statfs(folder).catch(() => undefined);
  // A file system with 0 blocks does not report its size.
  if (bytes === undefined || found === undefined || found.blocks === 0) return;
  if (found.bavail * found.bsize >= bytes) return;
  throw new CommandFailure(
    `${folder} has no room for ${formatBytes(bytes)}; free some space and try again, no read was taken`,
    exitCodes.tooLarge,
  );
}

import { rename, rm } from 'node:fs/promises';
import { openNew } from '../../shared/open-new.ts';
import { write } from '../terminal.ts';
import { whileClaimed } from './claim.ts';

/**
 * Writes a file that appears under its name only when it is complete.
 *
 * @param mode Permissions; by default those of any new file.
 */
export async function keepAs(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  mode?: number,
): Promise<void> {
  const opening = `${path}.opening`;
  await whileClaimed(opening, async () => {
    await writeNew(opening, chunks, signal, mode);
    await rename(opening, path);
  });
}

async function writeNew(
  opening: string,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  mode?: number,
): Promise<void> {
  const file = await openNew(opening, mode);
  try {
    if (mode !== undefined) await file.chmod(mode);
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      await file.writeFile(chunk);
    }
    await file.sync();
  } catch (error) {
    await rm(opening, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Prints the path of a file whose name the user did not choose. */
export async function printPath(path: string): Promise<void> {
  await write(process.stderr, `${path}\n`);
}

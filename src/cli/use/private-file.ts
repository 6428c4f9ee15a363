import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file that only its owner may read. Readers see the old content or the new one. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const next = `${path}.new-${process.pid}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(next, text, { mode: 0o600 });
    // The umask may have removed more, and a file of an interrupted write may have other permissions.
    await chmod(next, 0o600);
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}

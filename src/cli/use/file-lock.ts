import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The process that holds an older lock has ended without releasing it (ms). */
const staleAfter = 5_000;

/** How long a caller waits before it tries again (ms). */
const retryEvery = 20;

/** What `rename` reports when the lock is held: POSIX allows two codes, Windows has its own. */
const heldCodes = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']);

/**
 * Waits for a lock between processes and takes it.
 *
 * The lock is a folder with one file, whose name is unique to the holder. `rename` replaces an empty folder but none
 * with a file in it, so that one caller gets it. A stale lock is removed by the name of its file: a caller that is slow
 * to do so cannot remove the lock of the caller that was faster.
 *
 * @returns Releases the lock.
 */
export async function lock(path: string): Promise<() => Promise<void>> {
  const holder = randomUUID();
  const draft = `${path}.${holder}`;
  while (!(await take(path, draft, holder))) if (!(await removeStale(path))) await sleep(retryEvery);
  return () => removeHolder(path, holder);
}

async function take(path: string, draft: string, holder: string): Promise<boolean> {
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(join(draft, holder), '');
    await rename(draft, path);
    return true;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!heldCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

/** @returns Whether the lock is free now, as far as this caller can see. */
async function removeStale(path: string): Promise<boolean> {
  const holders = await readdir(path).catch(() => []);
  let isFree = true;
  for (const holder of holders) {
    const age = await stat(join(path, holder)).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => Infinity,
    );
    if (age > staleAfter) await removeHolder(path, holder);
    else isFree = false;
  }
  return isFree;
}

async function removeHolder(path: string, holder: string): Promise<void> {
  await rm(join(path, holder), { force: true });
  // Fails where another caller holds the lock already, or has removed the folder.
  await rmdir(path).catch(() => undefined);
}

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock that is older than this is stale: its process ended without releasing it (ms). */
const staleAfter = 5_000;

/** How long a caller waits before it tries again (ms). */
const retryEvery = 20;

/** The codes of `rename` if the lock is held: POSIX allows two, and Windows has its own. */
const heldCodes = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']);

/**
 * Waits for a lock between processes and takes it.
 *
 * The lock is a folder with one file, whose name is unique to the holder. `rename` replaces only an empty
 * folder, so that one caller gets the lock. A stale lock is removed by the name of its file, so that a slow caller
 * cannot remove the new lock of a faster one.
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
  // Fails if another caller already holds the lock or has removed the folder.
  await rmdir(path).catch(() => undefined);
}

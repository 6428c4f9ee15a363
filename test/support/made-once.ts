import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkout } from './parts.ts';

/** What takes long to make, for this run and later ones. */
const cache = join(checkout, '.cache', 'made');

/**
 * The path of a file that is made only once, although several test files, which run as processes, may need it.
 *
 * @param make Writes it to this path, whose ending is that of the name.
 */
export async function madeOnce(name: string, make: (to: string) => Promise<void>): Promise<string> {
  const path = join(cache, name);
  const lock = `${path}.lock`;
  mkdirSync(cache, { recursive: true });
  while (!existsSync(path)) {
    if (!takeLock(lock)) {
      await sleep(200);
      continue;
    }
    try {
      const unfinished = join(cache, `unfinished-${basename(path)}`);
      if (!existsSync(path)) {
        await make(unfinished);
        renameSync(unfinished, path);
      }
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return path;
}

/** A lock of a process that was killed is removed. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(existsSync(lock) && readFileSync(lock, 'utf8'));
    if (owner > 0 && !existsSync(`/proc/${owner}`)) rmSync(lock, { force: true });
    return false;
  }
}

import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { root } from './runtime.mjs';

/** What takes long to make, for this process and later ones. */
const cache = join(root, '.cache', 'made');

/**
 * The path of a file or folder that is made only once, although several processes may need it.
 *
 * @param make Writes it to this path, whose ending is that of the name.
 */
export async function madeOnce(name, make) {
  const path = join(cache, name);
  if (existsSync(path)) return path;
  return withLock(`${path}.lock`, async () => {
    if (existsSync(path)) return path;
    const unfinished = join(cache, `unfinished-${name}`);
    // A killed process may have left it.
    rmSync(unfinished, { recursive: true, force: true });
    await make(unfinished);
    renameSync(unfinished, path);
    return path;
  });
}

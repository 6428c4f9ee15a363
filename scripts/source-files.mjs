// What all builds read. Plain JavaScript for Node 18, Bun and Deno, because it runs before anything is installed.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './runtime.mjs';

/** The SHA-256 of the files below paths of the checkout, with their names. */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const input of paths)
    for (const path of filesBelow(join(root, input)))
      hash.update(`${relative(root, path)}\0`).update(readFileSync(path));
  return hash.digest('hex');
}

/** All files below a folder, or the file itself; none if it does not exist. */
export function filesBelow(path) {
  try {
    const inside = readdirSync(path, { withFileTypes: true });
    return inside.flatMap(({ name }) => filesBelow(join(path, name))).sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

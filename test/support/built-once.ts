import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { madeOnce } from '../../scripts/made-once.mjs';
import { hashOf } from '../../scripts/source-files.mjs';

/**
 * The path of a file that a build makes of this checkout: once for all test files, and again when an input has changed.
 *
 * @param name The name of the file, which ends with a hash of the inputs and the ending.
 * @param inputs Files and folders of the checkout.
 */
export function builtOnce(
  { name, ending = '', inputs }: { name: string; ending?: string; inputs: string[] },
  build: (path: string) => Promise<void>,
): Promise<string> {
  const current = `${name}-${hashOf(inputs).slice(0, 16)}${ending}`;
  return madeOnce(current, async (path) => {
    const folder = dirname(path);
    const earlier = readdirSync(folder).filter((each) => each.startsWith(`${name}-`));
    // One of them is the lock.
    for (const each of earlier.filter((each) => !each.startsWith(current)))
      rmSync(join(folder, each), { force: true });
    await build(path);
  });
}

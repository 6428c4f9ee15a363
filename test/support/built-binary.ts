import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildBinary, ownTarget, type Target } from '../../scripts/build-binary.ts';
import { madeOnce } from '../../scripts/made-once.mjs';
import { hashOf } from '../../scripts/source-files.mjs';

const inputs = [
  ...['src', 'migrations', 'package.json', 'bun.lock', 'tsconfig.json'],
  ...['scripts/build-binary.ts', 'scripts/binary-runtime.ts', 'scripts/build-web.mjs'],
  ...['scripts/licenses.mjs', 'scripts/source-files.mjs', 'scripts/thread-modules.mjs'],
];

const built = new Map<Target, Promise<string>>();

/** The path of the program as one file (`npm run build:binary`), built once for all test files. */
export function builtBinary(target: Target = ownTarget): Promise<string> {
  const known = built.get(target) ?? build(target);
  built.set(target, known);
  return known;
}

async function build(target: Target): Promise<string> {
  const name = `mayfly-${target}-${hashOf(inputs).slice(0, 16)}`;
  return madeOnce(name, async (path) => {
    const folder = dirname(path);
    const earlier = readdirSync(folder).filter((each) => each.startsWith(`mayfly-${target}-`));
    for (const each of earlier.filter((each) => !each.startsWith(name)))
      rmSync(join(folder, each), { force: true });
    await buildBinary(target, path);
  });
}

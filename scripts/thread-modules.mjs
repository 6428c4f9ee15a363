import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './runtime.mjs';
import { filesBelow } from './source-files.mjs';

/** The paths of the modules that run in threads: those that calls of `threadModule` in src/ name. */
export function threadModules() {
  const names = filesBelow(join(root, 'src')).flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\bthreadModule\('([^']+)'\)/g)].map(([, name]) => name),
  );
  // The program itself is no thread.
  return names.filter((name) => name !== 'main').map((name) => `src/${name}.ts`);
}

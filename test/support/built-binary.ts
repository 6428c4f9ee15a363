import { buildBinary, ownTarget, type Target } from '../../scripts/build-binary.ts';
import { builtOnce } from './built-once.ts';

const inputs = [
  ...['src', 'migrations', 'package.json', 'bun.lock', 'tsconfig.json'],
  ...['scripts/build-binary.ts', 'scripts/binary-runtime.ts', 'scripts/build-web.mjs'],
  ...['scripts/licenses.mjs', 'scripts/source-files.mjs', 'scripts/thread-modules.mjs'],
];

const built = new Map<Target, Promise<string>>();

/** The path of the binary (`npm run build:binary`), built once for all test files. */
export function builtBinary(target: Target = ownTarget): Promise<string> {
  const known =
    built.get(target) ?? builtOnce({ name: `mayfly-${target}`, inputs }, (path) => buildBinary(target, path));
  built.set(target, known);
  return known;
}

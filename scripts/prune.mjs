// Removes files of installed packages that are never read at run time, two thirds of their size: types, source
// maps, tests, the sources of SQLite, its binaries for other systems, and the parts of libraries for other databases.
// From the command line it takes the folder node_modules. Runs on Node 18 and Bun.
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const unreadFile = /\.(?:map|flow|d\.[cm]?ts)$/;
/** Folders in the root of any package. Bundlers read dist-es, and runtimes its CommonJS twin: so says `exports`. */
const unreadFolders = ['test', 'tests', 'benchmark', 'benchmarks', 'example', 'examples', 'dist-es'];
/** Paths of single packages, which are loaded only by programs that ask for them, or by other module systems. */
const unreadPaths = {
  '@sinclair/typebox': ['build/cjs'],
  'better-sqlite3': ['deps', 'src'],
  clipboardy: ['fallbacks/windows'],
  'drizzle-orm': ['gel', 'gel-core', 'mysql-core', 'singlestore', 'singlestore-core'],
  luxon: ['build/amd', 'build/cjs-browser', 'build/global', 'src'],
};

/**
 * @param modules A folder node_modules that nothing uses yet: a type checker would miss the types.
 */
export function prune(modules) {
  for (const folder of packagesIn(modules)) {
    const paths = [...unreadFolders, ...(unreadPaths[folder.slice(modules.length + 1)] ?? [])];
    for (const path of paths) rmSync(join(folder, path), { recursive: true, force: true });
    removeUnread(folder);
  }
  keepOnePrebuild(join(modules, 'better-sqlite3'));
}

/** The folders of all packages, nested ones too. */
function packagesIn(modules) {
  if (!existsSync(modules)) return [];
  // Links lead to the packages of this project.
  const folders = readdirSync(modules, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => {
    const folder = join(modules, name);
    if (name.startsWith('@')) return packagesIn(folder);
    return [folder, ...packagesIn(join(folder, 'node_modules'))];
  });
}

function removeUnread(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeUnread(path);
    else if (unreadFile.test(entry.name)) rmSync(path);
  }
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

/** The package has binaries for eight systems. */
function keepOnePrebuild(folder) {
  if (!existsSync(folder)) return;
  const needed = createRequire(join(folder, 'package.json'))('./lib/binding.js').getPrebuildPath();
  const prebuilds = join(folder, 'prebuilds');
  for (const name of readdirSync(prebuilds))
    if (needed === null || name !== basename(needed)) rmSync(join(prebuilds, name));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  prune(resolve(process.argv[2] ?? 'node_modules'));

// npm run build:package: makes what `npm pack` packs beside the migrations, only if an input has changed: build/web,
// and in lib/ the program as JavaScript, and the client as one file with its types.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureWebBuilt, removeEarlierWebFiles } from './build-web.mjs';
import { withLock } from './lock.mjs';
import { ensureInstalled } from './packages.mjs';
import { exitWith, root, runBun } from './runtime.mjs';
import { filesBelow, hashOf } from './source-files.mjs';
import { threadModules } from './thread-modules.mjs';

const target = join(root, 'lib');
const stampFile = join(target, '.stamp');
const inputs = [
  ...['src', 'tsconfig.json', 'bun.lock'],
  ...['scripts/build-package.mjs', 'scripts/source-files.mjs', 'scripts/thread-modules.mjs'],
];

/** Builds lib/ if an input has changed since the last build. Resolves to whether it did. */
export async function ensureLibBuilt() {
  await ensureInstalled('all');
  const wanted = hashOf(inputs);
  if (isBuilt(wanted)) return false;
  return withLock(join(root, '.cache', 'lib.lock'), async () => {
    // Another process may have built it, and may use it.
    if (isBuilt(wanted)) return false;
    const folder = `${target}.unfinished`;
    rmSync(folder, { recursive: true, force: true });
    await compileProgram(folder);
    await bundleClient(folder);
    writeFileSync(join(folder, basename(stampFile)), wanted);
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
    return true;
  });
}

function isBuilt(wanted) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
}

/** The modules that run: without those that only browsers load, and those that have only types. */
async function compileProgram(folder) {
  const all = join(folder, 'all');
  await compile(folder, { outDir: all, removeComments: true }, ['../src']);
  for (const module of await modulesThatRun()) {
    const path = relative('src', module).replace(/\.tsx?$/, '.js');
    mkdirSync(join(folder, path, '..'), { recursive: true });
    renameSync(join(all, path), join(folder, path));
  }
  rmSync(all, { recursive: true });
}

/** The types of the client, with their comments, and its JavaScript in one file without imports. */
async function bundleClient(folder) {
  const { build } = await import('esbuild');
  const types = { outDir: folder, declaration: true, emitDeclarationOnly: true };
  await compile(folder, types, ['../src/client/index.ts']);
  for (const path of filesBelow(folder).filter((path) => path.endsWith('.d.ts')))
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(from '\.[^']+)\.ts'/g, "$1.js'"));
  await build({
    absWorkingDir: root,
    entryPoints: ['src/client/index.ts'],
    outfile: join(folder, 'client.js'),
    // Comments in it name the files, whose paths must not depend on where the packages are.
    preserveSymlinks: true,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'inline',
    logLevel: 'warning',
  });
}

/** Runs tsc; `npm run check` checks the types. @param include Paths relative to the folder */
async function compile(folder, options, include) {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'tsconfig.json');
  const emit = { noEmit: false, noCheck: true, rewriteRelativeImportExtensions: true, rootDir: '../src' };
  // The syntax of the oldest Node that the package supports.
  const compilerOptions = { ...emit, target: 'es2024', ...options };
  writeFileSync(config, JSON.stringify({ extends: '../tsconfig.json', compilerOptions, include }));
  const code = await runBun(['run', '--bun', 'tsc', '-p', config], { cwd: root });
  if (code !== 0) throw new Error(`tsc ended with ${code}`);
  rmSync(config);
}

/** Follows the imports of the program and of its threads, but on pages only those that rendering them waits for. */
async function modulesThatRun() {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts', ...threadModules()],
    outdir: 'lib',
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    packages: 'external',
    external: ['node:*'],
    logLevel: 'warning',
  });
  const found = new Set();
  const follow = (path) => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: imported, kind, external } of metafile.inputs[path].imports)
      if (!external && !(kind === 'dynamic-import' && path.startsWith('src/web/'))) follow(imported);
  };
  for (const { entryPoint } of Object.values(metafile.outputs)) if (entryPoint) follow(entryPoint);
  return found;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await exitWith(async () => {
    await ensureLibBuilt();
    // The same bytes wherever it is built.
    await ensureWebBuilt({ toPublish: true });
    removeEarlierWebFiles();
    return 0;
  });

// Builds the browser files from src/web into build/web, with packages that a server does not need: where they are not
// installed, only while it builds. Runs on Node, Bun and Deno, and only if an input has changed.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { bundledPackages, licensesOf } from './licenses.mjs';
import { removeOld, withPackages } from './packages.mjs';
import { readManifest, root } from './runtime.mjs';
import { filesBelow, hashOf } from './source-files.mjs';

const target = join(root, 'build', 'web');
const manifestName = 'manifest.json';
/** Deno compresses to other bytes than Node and Bun. */
const builder = 'Deno' in globalThis ? 'deno' : 'node';
/** Folders and files that trigger a new build when they change. */
const inputs = [
  ...['src/web', 'src/client', 'src/encryption', 'bun.lock'],
  ...['scripts/build-web.mjs', 'scripts/licenses.mjs', 'scripts/source-files.mjs'],
];
/** Packages with files that browsers load unbundled. */
const servedPackages = ['node_modules/pdfjs-dist'];

/**
 * Builds if an input has changed since the last build. Resolves to whether it did.
 *
 * @param toPublish Whether the files must have the bytes that every build gives, except one by Deno.
 */
export async function ensureWebBuilt({ toPublish = false } = {}) {
  const wanted = hashOf(inputs);
  const last = builtManifest();
  if (last?.stamp === wanted && !(toPublish && last.builder === 'deno')) return false;
  removeOld(dirname(target), (name) => /^web\.\d+$/.test(name));
  const folder = `${target}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    if (hasPackages()) await build(folder, wanted, root);
    else
      await withPackages('pages', (base) => {
        for (const name of ['src', 'tsconfig.json']) symlinkSync(join(root, name), join(base, name));
        return build(folder, wanted, base);
      });
    moveIntoPlace(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return true;
}

/**
 * Like `ensureWebBuilt`, but never fails, so that the server always starts. Without the build tools or a writable folder,
 * pages are plain HTML or those of the last build.
 */
export async function buildWebIfPossible() {
  try {
    return await ensureWebBuilt();
  } catch (error) {
    const reason = String(error.message).trim().split('\n')[0];
    console.error(
      `mayfly: the scripts of the pages could not be built; pages are plain or use the last build: ${reason}`,
    );
    return false;
  }
}

/** Whether the packages that the build needs are installed, in the pinned versions. */
function hasPackages() {
  const wanted = Object.entries(readManifest('packages/pages').dependencies);
  return wanted.every(([name, version]) => {
    const folder = join('node_modules', name);
    return existsSync(join(root, folder)) && readManifest(folder).version === version;
  });
}

/** Removes the files of earlier builds, which servers that still run may serve. A package must not contain them. */
export function removeEarlierWebFiles() {
  const { files } = builtManifest();
  const kept = new Set([manifestName, ...files]);
  for (const path of filesBelow(target)) if (!kept.has(relative(target, path))) rmSync(path, { force: true });
}

/** File names contain hashes, so a running server still finds its own files. The manifest is written last. */
function moveIntoPlace(folder) {
  const paths = filesBelow(folder).map((path) => relative(folder, path));
  for (const path of [...paths.filter((path) => path !== manifestName), manifestName]) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    renameSync(join(folder, path), join(target, path));
  }
  const names = new Set(paths.map((path) => path.split(sep)[0]));
  removeOld(target, (name) => !names.has(name));
}

/** Workers: each is a separate entry in one file. */
const workers = [
  { in: 'src/web/view/code/highlight-worker.ts', out: 'highlight-worker' },
  { in: 'src/web/view/parse/parse-worker.ts', out: 'parse-worker' },
  { in: 'src/web/view/pdf/pdf-worker.ts', out: 'pdf-worker' },
];

/** The options that all builds share. */
function commonOptions(folder, base) {
  return {
    absWorkingDir: base,
    // The names of files depend on the paths below the base, and must not depend on where that is.
    preserveSymlinks: true,
    outdir: folder,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome116', 'firefox124', 'safari17.4'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  };
}

/** @param base The checkout, or a folder that looks like it and has the packages. */
async function build(folder, stamp, base) {
  const { build: bundle, stop } = createRequire(join(base, 'package.json'))('esbuild');
  const options = commonOptions(folder, base);
  // Systems list them in any order, on which the names of the chunks depend.
  const entries = readdirSync(join(root, 'src/web/entries')).sort();
  const built = await bundle({ ...options, entryPoints: workers });
  const { metafile } = await bundle({
    ...options,
    entryPoints: [
      ...entries.map((name) => ({ in: `src/web/entries/${name}`, out: basename(name, '.ts') })),
      { in: 'src/web/style/index.css', out: 'style' },
      { in: 'src/web/style/icon.svg', out: 'icon' },
    ],
    chunkNames: 'chunk-[hash]',
    assetNames: '[name]-[hash]',
    splitting: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.svg': 'copy' },
    // Pages need the file names of the built workers.
    define: { WORKER_FILES: JSON.stringify(filesOf(built.metafile)) },
  });
  await stop();
  copyPdfData(folder, join(base, 'node_modules', 'pdfjs-dist'));
  const packages = [...new Set([...bundledPackages([built.metafile, metafile]), ...servedPackages])].sort();
  const licenses = licensesOf(packages.map((path) => join(base, path)));
  writeFileSync(
    join(folder, 'licenses.txt'),
    `Mayfly sends parts of these packages to browsers.\n\n${licenses}`,
  );
  for (const path of filesBelow(folder)) if (/\.(?:js|mjs|css|svg|txt)$/.test(path)) compress(path);
  const files = filesBelow(folder).map((path) => relative(folder, path));
  writeFileSync(
    join(folder, manifestName),
    JSON.stringify({ stamp, builder, ...describe(metafile), files, packages }),
  );
}

/**
 * The files that pdf.js loads if a PDF needs them: character maps, the standard fonts, and the decoders without
 * WebAssembly. Their names are fixed, so the folder's name has the version.
 */
function copyPdfData(folder, from) {
  const { version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const to = join(folder, `pdf-${version.replaceAll('.', '-')}`);
  mkdirSync(to);
  for (const path of ['cmaps', 'standard_fonts', 'wasm'].flatMap((name) => filesBelow(join(from, name))))
    if (/\.(?:bcmap|pfb|ttf)$|_nowasm_fallback\.js$/.test(path)) copyFileSync(path, join(to, basename(path)));
}

/** The built files by the name of their entry. */
function filesOf({ outputs }) {
  const names = Object.keys(outputs).map((path) => basename(path));
  return Object.fromEntries(names.map((name) => [name.replace(/-[^-]+$/, ''), name]));
}

/** For each entry, its file and the chunks that it imports at its start. */
function describe({ outputs }) {
  const entries = {};
  const chunksOf = (path) =>
    (outputs[path]?.imports ?? [])
      .filter(({ kind }) => kind === 'import-statement')
      .flatMap((one) => [one.path, ...chunksOf(one.path)]);
  for (const [path, { entryPoint }] of Object.entries(outputs)) {
    // Copied files have no entry point.
    if (entryPoint === undefined && !path.endsWith('.svg')) continue;
    const chunks = [...new Set(chunksOf(path))].map((chunk) => basename(chunk));
    entries[basename(path).replace(/-[^-]+$/, '')] = { file: basename(path), chunks };
  }
  return { entries };
}

/** The server derives the other codings: three copies of each file would double the size of a package. */
function compress(path) {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), quality));
  rmSync(path);
}

function builtManifest() {
  try {
    return JSON.parse(readFileSync(join(target, manifestName), 'utf8'));
  } catch {
    return undefined;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await (process.argv.includes('--if-possible') ? buildWebIfPossible() : ensureWebBuilt());

// npm run build:binary [-- --target linux-x64|linux-arm64] [--outfile PATH]: one file with everything in it.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { BunPlugin } from 'bun';
import { runtimeFor } from './binary-runtime.ts';
import { ensureWebBuilt } from './build-web.mjs';
import { root } from './runtime.mjs';
import { threadModules } from './thread-modules.mjs';

export const targets = ['linux-x64', 'linux-arm64'] as const;
export type Target = (typeof targets)[number];

/** The target of this machine. */
export const ownTarget = `${process.platform}-${process.arch}` as Target;

/** Builds the program for a target. The same checkout gives the same bytes, wherever it is. */
export async function buildBinary(target: Target, outfile: string): Promise<void> {
  await ensureWebBuilt({ toPublish: true });
  mkdirSync(dirname(outfile), { recursive: true });
  const folder = mkdtempSync(join(dirname(outfile), '.build-'));
  // The name of the file is in the file. It gets its own name when it is complete.
  const built = join(folder, 'mayfly');
  try {
    await Bun.build({
      entrypoints: ['src/main.ts', ...threadModules()].map((path) => join(root, path)),
      root,
      target: 'bun',
      format: 'esm',
      // A command loads only the modules that it needs, and those are compiled already.
      splitting: true,
      bytecode: true,
      // Reports of errors show the names of functions.
      minify: { whitespace: true, syntax: true, identifiers: false },
      sourcemap: 'none',
      // Some libraries ask where they are. The file must not depend on where it was built.
      define: { __dirname: '"/$bunfs/root"', __filename: '"/$bunfs/root/mayfly"' },
      plugins: [sqliteOf(target)],
      compile: {
        target: `bun-${target}`,
        executablePath: await runtimeFor(target),
        outfile: built,
        assets: [copyPages(folder), join(root, 'migrations'), join(root, 'package.json')],
        // The program does the same in every working directory, whatever files others put there.
        autoloadDotenv: false,
        autoloadBunfig: false,
        autoloadTsconfig: false,
        autoloadPackageJson: false,
      },
    });
    renameSync(built, outfile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Copies the pages into a folder `build`, without the files of earlier builds, which running servers may serve. */
function copyPages(folder: string): string {
  const manifest = 'build/web/manifest.json';
  const { files } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as { files: string[] };
  for (const path of [manifest, ...files.map((name) => `build/web/${name}`)])
    cpSync(join(root, path), join(folder, path));
  return join(folder, 'build');
}

/** better-sqlite3 as in its own entry points for one target, with the addon loaded by src/program/addon.ts. */
function sqliteOf(target: Target): BunPlugin {
  const library = join(root, 'node_modules/better-sqlite3');
  const paths = {
    create: join(library, 'lib/database.js'),
    error: join(library, 'lib/sqlite-error.js'),
    addon: join(library, `prebuilds/${target}.node`),
    loader: join(root, 'src/program/addon.ts'),
  };
  const contents = `
    import createDatabase from ${JSON.stringify(paths.create)};
    import SqliteError from ${JSON.stringify(paths.error)};
    import addon from ${JSON.stringify(paths.addon)} with { type: 'file' };
    import { loadAddon } from ${JSON.stringify(paths.loader)};
    const Database = createDatabase(() => loadAddon(addon), false);
    Database.SqliteError = SqliteError;
    export default Database;
  `;
  return {
    name: 'better-sqlite3 for one target',
    setup(build) {
      build.onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: target, namespace: 'sqlite' }));
      build.onLoad({ filter: /./, namespace: 'sqlite' }, () => ({ contents, loader: 'js' }));
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { target: { type: 'string' }, outfile: { type: 'string' } } });
  const target = targets.find((each) => each === (values.target ?? ownTarget));
  if (target === undefined) throw new Error(`--target must be one of ${targets.join(', ')}`);
  const name = target === ownTarget ? 'mayfly' : `mayfly-${target}`;
  const outfile = values.outfile ?? join(root, 'dist', name);
  await buildBinary(target, outfile);
  const content = readFileSync(outfile);
  const sum = createHash('sha256').update(content).digest('hex');
  console.log(`${relative(process.cwd(), outfile)}: ${(content.length / 1e6).toFixed(1)} MB, SHA-256 ${sum}`);
}

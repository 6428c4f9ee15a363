// Installs the packages in bun.lock: those that a server needs, or all of them. Plain JavaScript for Node 18, Bun and
// Deno, because it runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { prune } from './prune.mjs';
import { findBun, forgetBun, pinnedVersion, readManifest, root } from './runtime.mjs';

const modules = join(root, 'node_modules');
const temporary = join(root, '.cache');
const stampName = '.mayfly-install';
const keptMilliseconds = 86_400_000;
const quietMilliseconds = 1500;

/**
 * Sets of packages, as options of `bun install`: what a server needs, what its pages are built with, and everything.
 * Peers that are needed are dependencies of our own; the others are compilers and types.
 */
const sets = {
  server: ['--production', '--omit=peer', '--filter=mayfly', '--filter=mayfly-runtime'],
  pages: ['--production', '--omit=peer', '--filter=mayfly', '--filter=mayfly-pages'],
  all: [],
};
/** What each is, in a message. */
const names = { server: 'that a server needs', pages: 'that build the pages', all: 'in bun.lock' };
/** What `bun install` reads. */
const described = ['package.json', 'packages', 'bun.lock', 'bunfig.toml', '.npmrc'];
/** Errors of a folder that cannot be moved: it is read-only, or a volume. */
const unmovable = ['EROFS', 'EACCES', 'EPERM', 'EBUSY', 'EXDEV'];

/**
 * Installs a set of packages in node_modules if it is not installed yet. Resolves to whether it installed. Writes only
 * to stderr, and only if it fails or takes a while, because stdout belongs to the program.
 *
 * A new folder replaces node_modules, so that a server that runs and another installation at the same time find every
 * package.
 *
 * @param wanted 'server', or 'all', which includes it
 */
export async function ensureInstalled(wanted) {
  if (isReady(wanted)) return false;
  // A checkout that has the tools of the tests needs them again.
  const set = readStamp().startsWith('all ') ? 'all' : wanted;
  try {
    await withPackages(set, (folder) => {
      const installed = join(folder, 'node_modules');
      if (set === 'server') prune(installed);
      writeFileSync(join(installed, stampName), stampOf(set));
      replaceModules(folder, wanted);
    });
  } catch (error) {
    if (!unmovable.includes(error.code)) throw error;
    await install(root, set);
    try {
      writeFileSync(join(modules, stampName), stampOf(set));
    } catch {
      // In a read-only checkout, each start checks the installation again.
    }
  }
  forgetBun();
  return true;
}

/**
 * Installs a set of packages in a temporary folder.
 *
 * @param use Gets the folder, which is removed when it is done.
 */
export async function withPackages(set, use) {
  mkdirSync(temporary, { recursive: true });
  removeOld(temporary, (name) => name.startsWith('install-'));
  const folder = mkdtempSync(join(temporary, 'install-'));
  try {
    for (const path of described.filter((path) => existsSync(join(root, path))))
      cpSync(join(root, path), join(folder, path), { recursive: true });
    await install(folder, set);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A stamp in node_modules has the name of the installed set and a hash of what determines it. */
function isReady(wanted) {
  const stamp = readStamp();
  return (stamp === stampOf(wanted) || stamp === stampOf('all')) && findBun() !== undefined;
}

function stampOf(set) {
  const { dependencies, devDependencies, optionalDependencies, trustedDependencies } = readManifest('.');
  const declared = [dependencies, devDependencies, optionalDependencies, trustedDependencies];
  const hash = createHash('sha256').update(JSON.stringify([process.platform, process.arch, declared]));
  // The lockfile names what the packages/ declare.
  for (const path of ['bun.lock', 'scripts/prune.mjs']) hash.update(readFileSync(join(root, path)));
  return `${set} ${hash.digest('hex')}`;
}

function readStamp() {
  try {
    return readFileSync(join(modules, stampName), 'utf8');
  } catch {
    return '';
  }
}

/** Other processes may do the same at the same time. */
function replaceModules(folder, wanted) {
  while (!isReady(wanted)) {
    try {
      renameSync(modules, join(mkdtempSync(join(folder, 'replaced-')), 'node_modules'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    try {
      renameSync(join(folder, 'node_modules'), modules);
      return;
    } catch (error) {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    }
  }
}

/** Removes what killed processes, or earlier versions, have left in a folder: names of a kind that are a day old. */
export function removeOld(parent, isOfKind) {
  for (const name of existsSync(parent) ? readdirSync(parent).filter(isOfKind) : []) {
    const path = join(parent, name);
    // Another process may remove it now.
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - modified > keptMilliseconds) rmSync(path, { recursive: true, force: true });
  }
}

function install(folder, set) {
  const args = ['install', '--frozen-lockfile', ...sets[set]];
  const bun = findBun();
  return bun === undefined
    ? runQuietly(
        'npm',
        ['exec', '--yes', `--package=bun@${pinnedVersion}`, '--', 'bun', ...args],
        folder,
        set,
      )
    : runQuietly(bun, args, folder, set);
}

function runQuietly(command, args, cwd, set) {
  const environment = { ...process.env };
  // The arguments say what is installed.
  delete environment.NODE_ENV;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const timer = setTimeout(
      () => console.error(`mayfly: installing the packages ${names[set]} …`),
      quietMilliseconds,
    );
    const fail = (reason) => {
      clearTimeout(timer);
      reject(new Error(`installing the packages failed (${reason})\n${output}`));
    };
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => {
      if (code !== 0) return fail(`exit code ${code}`);
      clearTimeout(timer);
      resolve();
    });
  });
}

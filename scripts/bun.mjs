// Finds the pinned version of Bun, and installs the dependencies with it. Plain JavaScript for Node 18 and Bun, because
// it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, whatever the working directory is. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const pinnedVersion = manifest.devDependencies.bun;
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.mayfly-install');
const quietMilliseconds = 1500;

let knownBun;

/** The path of a Bun that is at least the pinned version (the pinned one first), or undefined. */
function findBun() {
  if (knownBun && existsSync(knownBun)) return knownBun;
  knownBun = bunCandidates().find((candidate) => isRecentEnough(versionOf(candidate)));
  return knownBun;
}

/** Like findBun, but throws. Use it after ensureInstalled. */
export function bunPath() {
  const found = findBun();
  if (!found)
    throw new Error(
      `Bun ${pinnedVersion} is not installed; run: npm exec --yes --package=bun@${pinnedVersion} -- bun install --frozen-lockfile`,
    );
  return found;
}

/**
 * Installs the packages in bun.lock if they are not installed yet: a stamp in node_modules has a hash of the lockfile
 * and of the dependencies. Resolves to whether it installed. Writes only to stderr, and only if it fails or takes a
 * while, because stdout belongs to the program.
 */
export async function ensureInstalled() {
  const wanted = hashOfDependencies();
  if (installedHash() === wanted && findBun()) return false;
  const installed = findBun();
  const frozen = ['install', '--frozen-lockfile'];
  const [command, args] = installed
    ? [installed, frozen]
    : ['npm', ['exec', '--yes', `--package=bun@${pinnedVersion}`, '--', 'bun', ...frozen]];
  await runQuietly(command, args);
  // The installation may have added the pinned Bun.
  knownBun = undefined;
  try {
    writeFileSync(stampFile, wanted);
  } catch {
    // In a read-only checkout, each start checks the installation again.
  }
  return true;
}

/** Runs Bun with inherited stdio, forwards SIGTERM, SIGINT and SIGHUP to it, and resolves to its exit code. */
export function runBun(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(bunPath(), args, { stdio: 'inherit', ...options });
    const forward = (signal) => {
      // A terminal sends Ctrl-C to the whole foreground group, so Bun has received it already. A second one would
      // interrupt its graceful stop.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const each of signals) process.off(each, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

function bunCandidates() {
  const candidates = [];
  const native = join(modules, '@oven');
  // node_modules/.bin/bun is a stub until the postinstall script replaces it, and such scripts may be disabled.
  if (existsSync(native)) {
    for (const folder of readdirSync(native)) candidates.push(join(native, folder, 'bin', 'bun'));
  }
  candidates.push(join(modules, 'bun', 'bin', 'bun.exe'));
  if (process.versions.bun) candidates.push(process.execPath);
  for (const folder of (process.env.PATH ?? '').split(':')) if (folder) candidates.push(join(folder, 'bun'));
  return candidates.filter((candidate) => existsSync(candidate));
}

function versionOf(candidate) {
  const { status, stdout } = spawnSync(candidate, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function isRecentEnough(version) {
  if (!version) return false;
  const found = version.split(/[.-]/).map(Number);
  const wanted = pinnedVersion.split('.').map(Number);
  for (let index = 0; index < wanted.length; index++) {
    if (found[index] !== wanted[index]) return found[index] > wanted[index];
  }
  return true;
}

function hashOfDependencies() {
  const { dependencies, devDependencies, trustedDependencies } = manifest;
  return createHash('sha256')
    .update(
      JSON.stringify([dependencies, devDependencies, trustedDependencies, process.platform, process.arch]),
    )
    .update(readFileSync(join(root, 'bun.lock')))
    .digest('hex');
}

function installedHash() {
  try {
    return readFileSync(stampFile, 'utf8');
  } catch {
    return undefined;
  }
}

function runQuietly(command, args) {
  const environment = { ...process.env };
  // Every checkout needs the dev dependencies, which include Bun.
  delete environment.NODE_ENV;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const timer = setTimeout(
      () => console.error('mayfly: installing the dependencies named in bun.lock …'),
      quietMilliseconds,
    );
    const fail = (reason) => {
      clearTimeout(timer);
      reject(new Error(`installing the dependencies failed (${reason})\n${output}`));
    };
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => {
      if (code !== 0) return fail(`exit code ${code}`);
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Exits with the code of `work`, or with 1 and one message if it throws. */
export async function exitWith(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    console.error(`mayfly: ${error.message}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await exitWith(async () => {
    await ensureInstalled();
    return runBun(process.argv.slice(2));
  });
}

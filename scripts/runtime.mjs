// Finds the pinned version of Bun, and runs it. Plain JavaScript for Node 18, Bun and Deno, because it runs before
// anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The checkout, whatever the working directory is. */
export const root = fileURLToPath(new URL('..', import.meta.url));

export const pinnedVersion = readManifest('packages/runtime').dependencies.bun;
const modules = join(root, 'node_modules');

let knownBun;

/** The package.json of a folder. @param folder Its path, from the checkout */
export function readManifest(folder) {
  return JSON.parse(readFileSync(resolve(root, folder, 'package.json'), 'utf8'));
}

/** The path of a Bun that is at least the pinned version (the pinned one first), or undefined. */
export function findBun() {
  if (knownBun && existsSync(knownBun)) return knownBun;
  knownBun = bunCandidates().find((candidate) => isRecentEnough(versionOf(candidate)));
  return knownBun;
}

/** To be called when packages have been installed: the pinned Bun may be one of them. */
export function forgetBun() {
  knownBun = undefined;
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

/** Exits with the code of `work`, or with 1 and one message if it throws. */
export async function exitWith(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    console.error(`mayfly: ${error.message}`);
    process.exitCode = 1;
  }
}

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Target } from './build-binary.ts';
import { madeOnce } from './made-once.mjs';
import { root } from './runtime.mjs';

/** The npm packages of the runtime. That for x64 runs on any x64 processor since Nehalem (2008). */
const packages: Record<Target, string> = {
  'linux-x64': '@oven/bun-linux-x64',
  'linux-arm64': '@oven/bun-linux-aarch64',
};

/** The path of the runtime of a target, in the version of bun.lock. It is fetched from npm unless it is this one. */
export async function runtimeFor(target: Target): Promise<string> {
  const { version, integrity } = locked(packages[target]);
  if (Bun.version !== version)
    throw new Error(`the binary is built with Bun ${version}, not ${Bun.version}: run npm run build:binary`);
  if (target === `${process.platform}-${process.arch}`) return process.execPath;
  const folder = await madeOnce(`bun-${target}-${version}`, async (to) =>
    fetchPackage(`${packages[target]}@${version}`, integrity, to),
  );
  return join(folder, 'package', 'bin', 'bun');
}

/** A package in bun.lock, with the hash of its archive. */
function locked(name: string): { version: string; integrity: string } {
  const lock = readFileSync(join(root, 'bun.lock'), 'utf8');
  const line = new RegExp(`^ *"${name}": \\["${name}@([^"]+)".*"(sha512-[^"]+)"\\]`, 'm');
  const [, version, integrity] = line.exec(lock) ?? [];
  if (!version || !integrity) throw new Error(`${name} is not in bun.lock`);
  return { version, integrity };
}

/** Unpacks a package of the npm registry into a new folder, if its archive has this hash. */
function fetchPackage(name: string, integrity: string, folder: string): void {
  mkdirSync(folder);
  const packed = run('npm', ['pack', name, '--silent', `--pack-destination=${folder}`]);
  const archive = join(folder, packed.trim());
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name} has the hash ${found}, not that of bun.lock`);
  run('tar', ['-xzf', archive, '-C', folder]);
  rmSync(archive);
}

function run(command: string, args: string[]): string {
  const { success, stdout, stderr } = Bun.spawnSync([command, ...args]);
  if (!success) throw new Error(`${command} ${args.join(' ')} failed: ${stderr.toString().trim()}`);
  return stdout.toString();
}

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from './other-user.ts';
import { checkout } from './parts.ts';

const cache = join(checkout, '.cache', 'postgres');

/**
 * Makes the data of a new server in the folder `data`: a copy of what `initialize` made for an earlier server of the same
 * version with the same options, because `initdb` takes a second of CPU time.
 */
export async function initializedOnce(
  programs: string,
  data: string,
  options: string[],
  initialize: () => Promise<unknown>,
): Promise<void> {
  const version = spawnSync(join(programs, 'postgres'), ['--version']).stdout.toString().trim();
  const name = [version, ...options, isRoot ? 'root' : 'user'].join(' ').replaceAll(/\W+/g, '-');
  const kept = join(cache, name);
  if (existsSync(kept)) return copy(kept, data);
  await initialize();
  mkdirSync(cache, { recursive: true });
  const copied = `${kept}-${process.pid}`;
  copy(data, copied);
  try {
    renameSync(copied, kept);
  } catch {
    // Another process was first.
    rmSync(copied, { recursive: true });
  }
}

/** With the owner and the permissions, which PostgreSQL checks. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to]);
  if (status !== 0) throw new Error(`cp: ${stderr}`);
}

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { madeOnce } from '../../scripts/made-once.mjs';
import { isRoot } from './other-user.ts';

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
  const kept = await madeOnce(name, async (to) => {
    await initialize();
    copy(data, to);
    rmSync(data, { recursive: true });
  });
  copy(kept, data);
}

/** With the owner and the permissions, which PostgreSQL checks. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to]);
  if (status !== 0) throw new Error(`cp: ${stderr}`);
}

import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailure } from '../../shared/command-failure.ts';
import { openNew } from '../../shared/open-new.ts';

/**
 * Runs `work` while no other process works on this path. Each process first creates a mark file with its process id in
 * the name, then looks for marks of others. The mark of a running process is never removed, so of two processes at
 * least one sees the other. The mark of a process that no longer runs is ignored.
 *
 * @throws CommandFailure if another process works on the path
 */
export async function whileClaimed<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const own = markOf(path, process.pid);
  await (await openNew(own)).close();
  try {
    let other = await otherAt(path);
    // If two processes start at once, the other one fails.
    if (other !== undefined && process.pid < other) {
      await sleep(recheckDelayMs);
      other = await otherAt(path);
    }
    if (other !== undefined)
      throw new CommandFailure(
        `${path} is being written by process ${other}; if that is not mayfly, remove ${markOf(path, other)}`,
      );
    return await work();
  } finally {
    await rm(own, { force: true });
  }
}

const recheckDelayMs = 100;

const markOf = (path: string, pid: number) => `${path}.mayfly-${pid}`;

/** The id of another running process that has claimed the path. */
async function otherAt(path: string): Promise<number | undefined> {
  const folder = dirname(path);
  const start = `${basename(path)}.mayfly-`;
  for (const name of await readdir(folder)) {
    const given = name.startsWith(start) ? name.slice(start.length) : '';
    const pid = Number(given);
    if (!/^[1-9]\d*$/.test(given) || pid === process.pid) continue;
    if (isRunning(pid)) return pid;
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process runs, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

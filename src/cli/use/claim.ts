import { readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailure } from '../shared/command-failure.ts';

/**
 * Does what no other process may do with this path meanwhile. Each leaves a mark beside it, with its process id in the
 * name, and then looks for those of others. Nobody removes the mark of a process that runs, so that of two at least one
 * sees the other; and what a killed one has left counts for nothing.
 *
 * @throws CommandFailure where another process is at it
 */
export async function whileClaimed<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const own = markOf(path, process.pid);
  await writeFile(own, '');
  try {
    let other = await otherAt(path);
    // Of two that have come at once, the other gives way.
    if (other !== undefined && process.pid < other) {
      await sleep(patienceMs);
      other = await otherAt(path);
    }
    if (other !== undefined)
      throw new CommandFailure(
        `${path} is being written by process ${other}; if that is no mayfly, remove ${markOf(path, other)}`,
      );
    return await work();
  } finally {
    await rm(own, { force: true });
  }
}

const patienceMs = 100;

const markOf = (path: string, pid: number) => `${path}.mayfly-${pid}`;

/** Another process that runs and has claimed the path. */
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
    // Somebody else's process runs too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

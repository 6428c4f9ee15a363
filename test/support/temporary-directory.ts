import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithRun } from './end-with-run.ts';

/** A new empty folder, removed at the end of the run: what a killed server left in it can be looked at. */
export function temporaryDirectory(name = 'test', parent = tmpdir()): string {
  const path = mkdtempSync(join(parent, `mayfly-${name}-`));
  endWithRun(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}

const memory = '/dev/shm';
/** The databases of a test file need up to this many bytes. */
const neededSpace = 2 * 1024 ** 3;

/** The parent of a folder in memory, where a sync costs nothing, if there is enough of it. */
export function inMemory(): string {
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= neededSpace ? memory : tmpdir();
}

type Tmpfs = { path: string; unmount(): void };

/** A file system of a given size, to be filled up. Undefined without the permission to mount. */
export function mountTmpfs(sizeBytes: number): Tmpfs | undefined {
  const path = temporaryDirectory('tmpfs');
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', path]);
  if (mounted.status !== 0) return undefined;
  let takeBack: () => void = () => undefined;
  const unmount = () => {
    takeBack();
    // Lazily, so that a process that still holds a file in it cannot fail the clean-up.
    spawnSync('umount', ['--lazy', path]);
  };
  takeBack = endWithRun(unmount);
  return { path, unmount };
}

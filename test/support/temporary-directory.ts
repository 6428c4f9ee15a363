import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithRun } from './end-with-run.ts';

/** A new empty folder, removed at the end of the run: what a killed server left in it can be looked at. */
export function temporaryDirectory(name = 'test', parent = tmpdir()): string {
  const path = mkdtempSync(join(parent, `mayfly-${name}-`));
  endWithRun(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
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

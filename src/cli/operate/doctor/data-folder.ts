import { randomUUID } from 'node:crypto';
import { rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../../config/index.ts';
import { minFree } from '../../../core/content/capacity.ts';
import { type Finding, findingsOf } from '../../shared/finding.ts';
import { startFailure } from '../start-failure.ts';

/** Whether this user can use the folder, and nobody else can read it; `isUsable` also if it is full. */
export async function checkDataFolder(config: Config): Promise<{ finding: Finding; isUsable: boolean }> {
  const { ok, warning, problem } = findingsOf('DATA_DIR');
  const unusable = (message: string) => ({ finding: problem(message), isUsable: false });
  const usable = (finding: Finding) => ({ finding, isUsable: true });
  const folder = config.dataDirectory;
  const shown = JSON.stringify(folder);
  try {
    const { uid, mode } = await stat(folder);
    const user = process.geteuid?.() ?? uid;
    // SQLite would create files next to the database that the server then cannot open.
    if (uid !== user)
      return unusable(
        `${shown} belongs to user ${uid}, and this is user ${user}: run this command as the server's user`,
      );
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const gibibytes = (free / 1024 ** 3).toFixed(1);
    if (free < minFree(config))
      return usable(problem(`${shown} has ${gibibytes} GiB free, less than MIN_FREE_SPACE: free some space`));
    const file = join(folder, `doctor-${randomUUID()}`);
    try {
      await writeFile(file, 'a probe of mayfly doctor', { flag: 'wx' });
    } finally {
      await rm(file, { force: true });
    }
    if ((mode & 0o077) !== 0)
      return usable(warning(`other users of this machine can enter ${shown}: chmod 700 it`));
    return usable(ok(`${shown} is writable, with ${gibibytes} GiB free`));
  } catch (error) {
    // The error of a write does not name the file.
    const { message, code, path = folder } = error as NodeJS.ErrnoException;
    const explained = startFailure(Object.assign(new Error(message), { code, path }), config);
    return unusable(explained ?? `${shown} cannot be used (${message})`);
  }
}

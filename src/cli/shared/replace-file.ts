import { mkdir, readlink, realpath, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { openNew } from './open-new.ts';

/**
 * Replaces a file, or creates it. Readers see the old content or the new one. A symbolic link stays, and what it leads
 * to is replaced: some keep their configuration in another folder.
 *
 * @param mode Its permissions. A missing folder is created for its owner only.
 * @param owner Its user and group, if they may be others than those of the process.
 */
export async function replaceFile(
  path: string,
  text: string,
  mode: number,
  owner?: { uid: number; gid: number },
): Promise<void> {
  const target = await linkedFile(path);
  const next = `${target}.new-${process.pid}`;
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  try {
    const file = await openNew(next, mode & 0o700);
    try {
      await file.writeFile(text);
      // The group may read it only once it is the right one.
      if (owner !== undefined) await file.chown(owner.uid, owner.gid);
      // The umask may have removed more.
      await file.chmod(mode);
    } finally {
      await file.close();
    }
    await rename(next, target);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}

/** The file that a path leads to by symbolic links. It may be missing. */
export async function linkedFile(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const next = await readlink(path).catch(() => undefined);
    return next === undefined ? path : linkedFile(resolve(dirname(path), next));
  }
}

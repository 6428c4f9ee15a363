import { mkdir, open, readlink, realpath, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

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
    // A file of an interrupted write may have other permissions, and that of another user may be a link.
    await rm(next, { force: true });
    const file = await open(next, 'wx', mode & 0o700);
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

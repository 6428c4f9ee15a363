import { type FileHandle, open, rm } from 'node:fs/promises';

/**
 * Opens a new file of a name that the user did not choose, in place of what is there: others may write to the folder,
 * and a link would lead to another file.
 */
export async function openNew(path: string, mode?: number): Promise<FileHandle> {
  await rm(path, { force: true });
  return open(path, 'wx', mode);
}

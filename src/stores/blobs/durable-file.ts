import { constants, writeSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';

/**
 * The unsynced bytes from which a sync starts while writing continues. Without it, a large upload ends with one long
 * sync of everything, during which its sender may time out.
 */
const syncEvery = 8 * 1024 * 1024;

/**
 * Writes a new file that survives a power failure, once its folder is synced too.
 *
 * Writes go to the page cache and are synchronous: handing each chunk to another thread takes longer than the copy, and
 * lets chunks accumulate in memory. The syncs, which wait for the disk, are asynchronous.
 *
 * @param mode Permissions of the file, less those in the umask of the process.
 */
export async function writeDurably(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  mode = 0o666,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  let syncing: Promise<void> = Promise.resolve();
  try {
    let unsynced = 0;
    for await (const chunk of chunks) {
      for (let written = 0; written < chunk.length; )
        written += writeSync(file.fd, chunk, written, chunk.length - written);
      unsynced += chunk.length;
      free(chunk);
      if (unsynced < syncEvery) continue;
      unsynced = 0;
      // At most one sync runs, and at most twice `syncEvery` is unsynced.
      await syncing;
      syncing = file.datasync();
      syncing.catch(() => undefined);
    }
    await syncing;
    await file.sync();
  } finally {
    await syncing.catch(() => undefined);
    await file.close();
  }
}

/** Copies a file. If the file system can share the bytes, they are not copied. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  // For reading, since the copy has the permissions of the file, which may be those of a backup that nobody may change.
  const file = await open(to, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Frees a written chunk's memory immediately. With garbage collection only, the chunks of a few large uploads take
 * several times the memory that is in use.
 */
function free(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer(0);
}

/** A rename is durable only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

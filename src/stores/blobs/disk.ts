import { writeSync } from 'node:fs';
import { lstat, mkdir, open, opendir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { noRoom, storeAway } from '../../core/failure.ts';
import { isHashId } from '../../core/ids.ts';
import { BlobMissing, type BlobStore, type ByteRange, type ListedBlob } from '../../core/ports/blob-store.ts';
import { fileStream } from './file-stream.ts';

/**
 * How many bytes may wait for the disk before a sync is begun beside the writing (bytes). Without it a large
 * upload ends with one long sync of everything, and its sender may give up meanwhile.
 */
const syncEvery = 8 * 1024 * 1024;

/** What a file is called until it is whole. */
const partialSuffix = '.partial';

const shards = Array.from({ length: 256 }, (_, shard) => shard.toString(16).padStart(2, '0'));

/** Blobs as files, in 256 folders by the first two digits of their key. */
export class DiskBlobStore implements BlobStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folders, all of them now, so that no write has to make one durable. */
  static async open(folder: string): Promise<DiskBlobStore> {
    const made = await mkdir(folder, { recursive: true });
    for (const shard of shards) await mkdir(join(folder, shard), { recursive: true });
    await syncFolder(folder);
    if (made !== undefined) await syncFolder(join(folder, '..'));
    return new DiskBlobStore(folder);
  }

  async write(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#path(key);
    const partial = `${path}${partialSuffix}`;
    try {
      await writeDurably(partial, chunks);
      await rename(partial, path);
      await syncFolder(join(path, '..'));
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw translate(error);
    }
  }

  async open(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    try {
      return fileStream(await open(this.#path(key), 'r'), range);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new BlobMissing();
      throw translate(error);
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await rm(`${this.#path(key)}${partialSuffix}`, { force: true });
      await rm(this.#path(key), { force: true });
    } catch (error) {
      throw translate(error);
    }
  }

  async *list(): AsyncGenerator<ListedBlob> {
    try {
      for (const shard of shards)
        for await (const { name } of await opendir(join(this.#folder, shard))) {
          const listed = await this.#listed(shard, name);
          if (listed !== undefined) yield listed;
        }
    } catch (error) {
      throw translate(error);
    }
  }

  /** The blob that a file is; undefined for a file that is none, and for one that was removed meanwhile. */
  async #listed(shard: string, name: string): Promise<ListedBlob | undefined> {
    const isPartial = name.endsWith(partialSuffix);
    const key = isPartial ? name.slice(0, -partialSuffix.length) : name;
    if (!isHashId(key) || !key.startsWith(shard)) return undefined;
    if (isPartial) return { key, size: undefined };
    try {
      const file = await lstat(join(this.#folder, shard, name));
      return file.isFile() ? { key, size: file.size } : undefined;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async freeSpace(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder).catch((error: unknown) => {
      throw translate(error);
    });
    return bavail * bsize;
  }

  async ping(): Promise<void> {
    await this.freeSpace();
  }

  #path(key: string): string {
    return join(this.#folder, key.slice(0, 2), key);
  }
}

/**
 * Writes go to the page cache and are synchronous: handing each chunk to another thread takes longer than the
 * copy, and lets chunks pile up in memory meanwhile. What waits for the disk, the syncs, is not.
 */
async function writeDurably(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx');
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
      // At most one sync runs, and no more than twice `syncEvery` waits for the disk.
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

/**
 * Gives a written chunk's memory back now. Left to the garbage collector, the chunks of a few large uploads
 * come to several times what is in use.
 */
function free(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer(0);
}

/** A rename is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The chunks' own errors pass as they are; those of the disk become ours. */
function translate(error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return noRoom(error);
  if (/^E(IO|ROFS|ACCES|PERM|MFILE|NFILE|NOENT)$/.test(code)) return storeAway(error);
  return error;
}

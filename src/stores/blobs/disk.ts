import { fstatSync } from 'node:fs';
import { link, lstat, mkdir, open, opendir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, noRoom, storeAway } from '../../core/failure.ts';
import {
  BlobDamaged,
  BlobMissing,
  type BlobStore,
  type ByteRange,
  isBlobKey,
  type ListedBlob,
} from '../../core/ports/content/blob-store.ts';
import { copyDurably, syncFolder, writeDurably } from './durable-file.ts';
import { fileStream } from './file-stream.ts';

/** The suffix of a file's name until the file is complete. */
const partialSuffix = '.partial';

/** Codes of a file system that has no hard links, has none to that folder, or allows no more to that file. */
const noLinkCodes = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK']);

const shards = Array.from({ length: 256 }, (_, shard) => shard.toString(16).padStart(2, '0'));

/**
 * Where the blob of a key is, below the folder of all blobs.
 *
 * @throws BlobMissing if the text is no key, so that a path, in a restored database, never leads out of the folder
 */
export function blobPath(key: string): string {
  if (!isBlobKey(key)) throw new BlobMissing();
  return join(key.slice(0, 2), key);
}

/** Blobs as files, in 256 folders by the first two digits of their key. */
export class DiskBlobStore implements BlobStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Creates all folders now, so that no write has to sync a new one. */
  static async open(folder: string): Promise<DiskBlobStore> {
    const made = await mkdir(folder, { recursive: true });
    for (const shard of shards) await mkdir(join(folder, shard), { recursive: true });
    await syncFolder(folder);
    if (made !== undefined) await syncFolder(join(folder, '..'));
    return new DiskBlobStore(folder);
  }

  async write(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#make(key, (partial) => writeDurably(partial, chunks));
  }

  /**
   * Creates another name for the same file. Nothing writes to a blob's file once it has its name, and its bytes last
   * until its last name is removed. If the file system has no links, the bytes are copied.
   */
  async copy(from: string, to: string): Promise<void> {
    const [source, path] = [this.#path(from), this.#path(to)];
    try {
      await link(source, path);
      await syncFolder(join(path, '..'));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw new BlobMissing();
      if (!noLinkCodes.has(errorCode(error) ?? '')) throw translate(error);
      await this.#make(to, (partial) => copyDurably(source, partial));
    }
  }

  /** Writes a blob's file under its partial name, and renames it when it is complete. */
  async #make(key: string, fill: (partial: string) => Promise<void>): Promise<void> {
    const path = this.#path(key);
    const partial = `${path}${partialSuffix}`;
    try {
      await fill(partial);
      await rename(partial, path);
      await syncFolder(join(path, '..'));
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw translate(error);
    }
  }

  async open(key: string, range?: ByteRange, size?: number): Promise<ReadableStream<Uint8Array>> {
    try {
      const file = await open(this.#path(key), 'r');
      if (size !== undefined) {
        // Synchronous, because the status of an open file is in memory.
        const actual = fstatSync(file.fd).size;
        if (actual !== size) {
          await file.close();
          throw new BlobDamaged(key, size, actual);
        }
      }
      return fileStream(file, range);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw new BlobMissing();
      throw translate(error);
    }
  }

  async remove(key: string): Promise<void> {
    // What is no key has no blob.
    if (!isBlobKey(key)) return;
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

  /** The blob of a file; undefined if the file is not a blob, or was removed in the meantime. */
  async #listed(shard: string, name: string): Promise<ListedBlob | undefined> {
    const isPartial = name.endsWith(partialSuffix);
    const key = isPartial ? name.slice(0, -partialSuffix.length) : name;
    if (!isBlobKey(key) || !key.startsWith(shard)) return undefined;
    if (isPartial) return { key, size: undefined };
    try {
      const file = await lstat(join(this.#folder, shard, name));
      return file.isFile() ? { key, size: file.size } : undefined;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
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
    return join(this.#folder, blobPath(key));
  }
}

/** Translates errors of the disk. Errors of the chunks pass unchanged. */
function translate(error: unknown): unknown {
  const code = errorCode(error) ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return noRoom(error);
  if (/^E(IO|ROFS|ACCES|PERM|MFILE|NFILE|NOENT)$/.test(code)) return storeAway(error);
  return error;
}

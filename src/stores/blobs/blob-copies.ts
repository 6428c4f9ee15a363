import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, link, lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../core/failure.ts';
import { BlobDamaged, BlobMissing } from '../../core/ports/content/blob-store.ts';
import { blobPath } from './disk.ts';
import { copyDurably, syncFolder } from './durable-file.ts';

/** SHA-256 of a file, in hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Copies blobs from one folder to another. Two blobs that share a file there share one here too. */
export class BlobCopies {
  readonly #from: string;
  readonly #to: string;
  readonly #folders = new Map<string, Promise<unknown>>();
  /** The first copy of each file with several names, by its number. */
  readonly #shared = new Map<bigint, Promise<{ path: string; sha256: string }>>();

  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }

  /**
   * Copies a blob. It is durable after `finish`.
   *
   * @returns SHA-256 of the copy, in hex.
   * @throws BlobMissing; BlobDamaged if it does not have `size` bytes
   */
  async copy(key: string, size: number): Promise<string> {
    const from = join(this.#from, blobPath(key));
    const to = join(this.#to, blobPath(key));
    await this.#makeFolder(dirname(to));
    try {
      const { size: actual, nlink, ino } = await lstat(from, { bigint: true });
      if (actual !== BigInt(size)) throw new BlobDamaged(key, size, Number(actual));
      if (nlink === 1n) return await copyFile(from, to);
      const first = await this.#shared.get(ino)?.catch(() => undefined);
      if (first !== undefined && (await isLinked(first.path, to))) return first.sha256;
      const copied = copyFile(from, to).then((sha256) => ({ path: to, sha256 }));
      this.#shared.set(ino, copied);
      return (await copied).sha256;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw new BlobMissing();
      throw error;
    }
  }

  /** Makes all copies durable. */
  async finish(): Promise<void> {
    await mkdir(this.#to, { recursive: true });
    await Promise.all(this.#folders.values());
    for (const folder of this.#folders.keys()) await syncFolder(folder);
    await syncFolder(this.#to);
  }

  #makeFolder(path: string): Promise<unknown> {
    let made = this.#folders.get(path);
    if (made === undefined) {
      made = mkdir(path, { recursive: true });
      this.#folders.set(path, made);
    }
    return made;
  }
}

/** @returns False if the file system has no links, or allows no more to that file. */
function isLinked(path: string, to: string): Promise<boolean> {
  return link(path, to).then(
    () => true,
    () => false,
  );
}

async function copyFile(from: string, to: string): Promise<string> {
  await copyDurably(from, to);
  await chmod(to, 0o600);
  return sha256Of(to);
}

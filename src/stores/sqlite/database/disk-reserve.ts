import { randomBytes } from 'node:crypto';
import { constants, rmSync, statfsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes reserved for the log of the database. `Capacity` keeps more free, so that content cannot take them. */
const reserveSize = 3 * 1024 * 1024;

/** The reserve grows by at least this many bytes: less is not worth a sync. */
const minGrowth = 256 * 1024;

/** The database may not open with fewer free bytes: the index of its log takes space too. */
const neededToOpen = 1024 * 1024;

/**
 * A file that occupies disk space beside the database. It is deleted when the disk is full: deleting rows frees space,
 * but first needs space in the log.
 */
export class DiskReserve {
  readonly #file: string;

  constructor(databaseFile: string) {
    this.#file = `${databaseFile}-reserve`;
  }

  /** Releases the reserve if the disk is too full to open the database. */
  releaseToOpen(): void {
    if (this.#free() < neededToOpen) this.release();
  }

  release(): void {
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // The disk is not writable: the caller that needs the space reports it.
    }
  }

  /** Fills the reserve again, with at most half of the free space. If that fails, the next call tries again. */
  async restore(): Promise<void> {
    const held = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
    const growth = Math.min(reserveSize, Math.floor((this.#free() + held) / 2)) - held;
    if (growth < minGrowth && held + growth < reserveSize) return;
    if (growth <= 0) return;
    try {
      const file = await open(this.#file, constants.O_CREAT | constants.O_WRONLY, 0o600);
      try {
        // Not zeros: a file system may store those without blocks. Written at an offset instead of appended, so that
        // concurrent callers, also in other processes, fill the reserve once.
        await file.write(randomBytes(growth), 0, growth, held);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch {
      this.release();
    }
  }

  /** Infinity if the file system gives no answer. */
  #free(): number {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      return bavail * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }
}

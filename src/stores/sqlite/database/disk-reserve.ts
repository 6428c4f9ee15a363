import { randomBytes } from 'node:crypto';
import { constants, rmSync, statfsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Bytes kept for the log of the database: fewer than `Capacity` leaves free, so that no content gets them. */
const reserveSize = 3 * 1024 * 1024;

/** By how many bytes the reserve grows at least: less is not worth a sync. */
const minGrowth = 256 * 1024;

/** With less than this free (bytes) the database may not open: its index of the log takes room too. */
const neededToOpen = 1024 * 1024;

/**
 * A file that takes room beside the database, to be removed when others have filled the disk: deleting a row needs
 * room in the log first, and only deleting gives room back.
 */
export class DiskReserve {
  readonly #file: string;

  constructor(databaseFile: string) {
    this.#file = `${databaseFile}-reserve`;
  }

  /** Gives the room up where the disk is so full that the database could not be opened. */
  releaseToOpen(): void {
    if (this.#free() < neededToOpen) this.release();
  }

  /** Gives the room up, where there is any. */
  release(): void {
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // The disk cannot be written at all; the caller that needs the room reports it.
    }
  }

  /** Takes the room again, and never more than half of what is free. Where that fails the next call may do better. */
  async restore(): Promise<void> {
    const held = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
    const growth = Math.min(reserveSize, Math.floor((this.#free() + held) / 2)) - held;
    if (growth < minGrowth && held + growth < reserveSize) return;
    if (growth <= 0) return;
    try {
      const file = await open(this.#file, constants.O_CREAT | constants.O_WRONLY, 0o600);
      try {
        // Not zeros: a file system may keep those without taking room. Not appended: callers at the same time, also of
        // other processes, take the room once.
        await file.write(randomBytes(growth), 0, growth, held);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch {
      this.release();
    }
  }

  /** Infinite where the folder cannot be looked at. */
  #free(): number {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      return bavail * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }
}

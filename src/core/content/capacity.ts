import { noRoom } from '../failure.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { StorageMeter } from '../ports/storage-meter.ts';

type CapacityLimits = {
  /** Bytes that may be stored in all; undefined for no limit. */
  maxStorage: number | undefined;
  /** Bytes that must stay free on the disk of the database and the blob store. */
  minFreeSpace: number;
};

/** How long a reading of the disk and the database holds (ms); new bytes are added to it meanwhile. */
const readingHolds = 1000;

/** Left free whatever the limit (bytes): without room in the database's log nothing could be deleted either. */
export const logReserve = 4 * 1024 * 1024;

/** How much stays free on the disk whatever comes in (bytes). */
export function minFree({ minFreeSpace }: Pick<CapacityLimits, 'minFreeSpace'>): number {
  return Math.max(minFreeSpace, logReserve);
}

type CapacityDeps = {
  limits: CapacityLimits;
  meter: StorageMeter;
  spaces: Pick<BlobStore, 'freeSpace'>[];
  clock: Clock;
};

/** Decides whether new bytes may come in: past `MAX_STORAGE` or `MIN_FREE_SPACE` they get `no_room`. */
export class Capacity {
  readonly #limits: CapacityLimits;
  readonly #deps: CapacityDeps;
  /** What may still come: by `MAX_STORAGE`, and by the disk of this machine. */
  #room = 0;
  #diskRoom = 0;
  /** Bytes on their way, taken but not settled: all, those for the disk, and those of these that are on it. */
  #admitted = 0;
  #admittedToDisk = 0;
  #written = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(deps: CapacityDeps) {
    this.#limits = { ...deps.limits, minFreeSpace: minFree(deps.limits) };
    this.#deps = deps;
  }

  /**
   * Takes room for new bytes, until they are settled. Returns at once, without a promise, while the last
   * reading holds.
   *
   * @param elsewhere The bytes go to a store that is not on this machine's disk.
   * @throws Failure `no_room`
   */
  admit(bytes: number, elsewhere = false): void | Promise<void> {
    const reading = this.#freshReading();
    if (reading !== undefined) return reading.then(() => this.#take(bytes, elsewhere));
    this.#take(bytes, elsewhere);
  }

  /** Whether there is room now; takes none of it. @throws Failure `no_room` */
  async look(bytes: number, elsewhere: boolean): Promise<void> {
    await this.#freshReading();
    this.#requireRoom(bytes, elsewhere);
  }

  /** How much may still come, by the limits (bytes): at most, where both are small; infinite where there is none. */
  async room(): Promise<{ byStorage: number; byDisk: number }> {
    await this.#freshReading();
    return { byStorage: this.#room, byDisk: this.#diskRoom };
  }

  /** Takes note that admitted bytes have reached their store, where its free space tells of them. */
  written(bytes: number): void {
    this.#written += bytes;
  }

  /** Ends what was admitted: the bytes are stored, and the next reading tells of them, or they are not. */
  settle(admitted: number, written: number, elsewhere = false): void {
    this.#admitted -= admitted;
    if (elsewhere) return;
    this.#admittedToDisk -= admitted;
    this.#written -= written;
  }

  /** Ends what was admitted and of which nothing came: others may have its room at once. */
  giveBack(admitted: number, elsewhere: boolean): void {
    this.settle(admitted, 0, elsewhere);
    this.#room += admitted;
    if (!elsewhere) this.#diskRoom += admitted;
  }

  #freshReading(): Promise<void> | undefined {
    const now = this.#deps.clock();
    if (now - this.#readAt >= readingHolds || now < this.#readAt) {
      this.#readAt = now;
      this.#reading = this.#readRoom()
        .catch((error: unknown) => {
          // Nothing is known: the next caller has to look again.
          this.#readAt = Number.NEGATIVE_INFINITY;
          throw error;
        })
        .finally(() => {
          this.#reading = undefined;
        });
    }
    return this.#reading;
  }

  #requireRoom(bytes: number, elsewhere: boolean): void {
    if (bytes > this.#room) throw noRoom(undefined, 'max_storage');
    if (!elsewhere && bytes > this.#diskRoom) throw noRoom(undefined, 'min_free_space');
  }

  #take(bytes: number, elsewhere: boolean): void {
    this.#requireRoom(bytes, elsewhere);
    this.#room -= bytes;
    this.#admitted += bytes;
    if (elsewhere) return;
    this.#diskRoom -= bytes;
    this.#admittedToDisk += bytes;
  }

  async #readRoom(): Promise<void> {
    let room = Number.POSITIVE_INFINITY;
    let diskRoom = Number.POSITIVE_INFINITY;
    if (this.#limits.maxStorage !== undefined) {
      const { databaseBytes, blobBytes } = await this.#deps.meter.usage();
      room = this.#limits.maxStorage - databaseBytes - blobBytes - this.#admitted;
    }
    for (const space of this.#deps.spaces) {
      const free = await space.freeSpace();
      if (free !== undefined)
        diskRoom = Math.min(
          diskRoom,
          free - this.#limits.minFreeSpace - (this.#admittedToDisk - this.#written),
        );
    }
    this.#room = room;
    this.#diskRoom = diskRoom;
  }
}

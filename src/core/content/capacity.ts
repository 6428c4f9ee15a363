import { noRoom } from '../failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { BlobStore } from '../ports/content/blob-store.ts';
import type { StorageMeter } from '../ports/content/storage-meter.ts';
import type { ServerRoom } from './room.ts';

type CapacityLimits = {
  /** The maximum of all stored bytes; undefined for no limit. */
  maxStorage: number | undefined;
  /** Bytes that must stay free on the disk of the database and the blob store. */
  minFreeSpace: number;
};

/** How long a reading of the disk and the database is valid (ms). Bytes that are admitted in the meantime are added. */
const readingTtl = 1000;

/** Always left free (bytes): without room in the database's log, deletes would fail too. */
export const logReserve = 4 * 1024 * 1024;

/** The space that always stays free on the disk (bytes). */
export function minFree({ minFreeSpace }: Pick<CapacityLimits, 'minFreeSpace'>): number {
  return Math.max(minFreeSpace, logReserve);
}

type CapacityDeps = {
  limits: CapacityLimits;
  meter: StorageMeter;
  spaces: Pick<BlobStore, 'freeSpace'>[];
  clock: Clock;
};

/** Enforces `MAX_STORAGE` and `MIN_FREE_SPACE`, for one process. */
export class Capacity implements ServerRoom {
  /** The database reports the pages that it uses, and the rest of a row with them. */
  readonly rowBytes = 0;
  readonly #limits: CapacityLimits;
  readonly #deps: CapacityDeps;
  /** The room left by `MAX_STORAGE`, and by the disk of this machine. */
  #room = 0;
  #diskRoom = 0;
  /** Bytes that are admitted and not settled: all, those for the disk, and of these, those already written. */
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
   * Takes room for new bytes, until they are settled. Returns synchronously while the last reading is valid.
   *
   * @param elsewhere The bytes go to a store that is not on this machine's disk.
   * @throws Failure `no_room`
   */
  admit(bytes: number, elsewhere = false): void | Promise<void> {
    const reading = this.#freshReading();
    if (reading !== undefined) return reading.then(() => this.#take(bytes, elsewhere));
    this.#take(bytes, elsewhere);
  }

  /** Checks for room without taking it. @throws Failure `no_room` */
  async look(bytes: number, elsewhere: boolean): Promise<void> {
    await this.#freshReading();
    this.#requireRoom(bytes, elsewhere);
  }

  /** The room left by each limit (bytes); infinite without a limit. */
  async room(): Promise<{ byStorage: number; byDisk: number }> {
    await this.#freshReading();
    return { byStorage: this.#room, byDisk: this.#diskRoom };
  }

  /** Records that admitted bytes are written, so that the free space of the disk already reflects them. */
  written(bytes: number): void {
    this.#written += bytes;
  }

  /** Ends an admission: the bytes are stored, which the next reading shows, or they are gone. */
  settle(admitted: number, written: number, elsewhere = false): void {
    this.#admitted -= admitted;
    if (elsewhere) return;
    this.#admittedToDisk -= admitted;
    this.#written -= written;
  }

  /** Ends an admission of which nothing was stored. The room is available again at once. */
  giveBack(admitted: number, elsewhere: boolean): void {
    this.settle(admitted, 0, elsewhere);
    this.#room += admitted;
    if (!elsewhere) this.#diskRoom += admitted;
  }

  #freshReading(): Promise<void> | undefined {
    const now = this.#deps.clock();
    if (now - this.#readAt >= readingTtl || now < this.#readAt) {
      this.#readAt = now;
      this.#reading = this.#readRoom()
        .catch((error: unknown) => {
          // Makes the next caller read again.
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

import { noRoom } from './failure.ts';
import type { BlobStore } from './ports/blob-store.ts';
import type { Clock } from './ports/clock.ts';
import type { StorageMeter } from './ports/storage-meter.ts';

export type CapacityLimits = {
  /** Bytes that may be stored in all; undefined for no limit. */
  maxStorage: number | undefined;
  /** Bytes that must stay free on the disk of the database and the blob store. */
  minFreeSpace: number;
};

/** How long a reading of the disk and the database holds (ms); new bytes are added to it meanwhile. */
const readingHolds = 1000;

/** Decides whether new bytes may come in: past `MAX_STORAGE` or `MIN_FREE_SPACE` they get `no_room`. */
export class Capacity {
  readonly #limits: CapacityLimits;
  readonly #meter: StorageMeter;
  readonly #spaces: Pick<BlobStore, 'freeSpace'>[];
  readonly #clock: Clock;
  #room = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(
    limits: CapacityLimits,
    meter: StorageMeter,
    spaces: Pick<BlobStore, 'freeSpace'>[],
    clock: Clock,
  ) {
    this.#limits = limits;
    this.#meter = meter;
    this.#spaces = spaces;
    this.#clock = clock;
  }

  /**
   * Takes room for new bytes. Resolves at once, without a promise, while the last reading holds.
   *
   * @throws Failure `no_room`
   */
  admit(bytes: number): void | Promise<void> {
    const now = this.#clock();
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
    if (this.#reading !== undefined) return this.#reading.then(() => this.#take(bytes));
    this.#take(bytes);
  }

  #take(bytes: number): void {
    if (bytes > this.#room) throw noRoom();
    this.#room -= bytes;
  }

  async #readRoom(): Promise<void> {
    let room = Number.POSITIVE_INFINITY;
    if (this.#limits.maxStorage !== undefined) {
      const { databaseBytes, blobBytes } = await this.#meter.usage();
      room = this.#limits.maxStorage - databaseBytes - blobBytes;
    }
    for (const space of this.#spaces) {
      const free = await space.freeSpace();
      if (free !== undefined) room = Math.min(room, free - this.#limits.minFreeSpace);
    }
    this.#room = room;
  }
}

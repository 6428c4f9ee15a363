import { noRoom } from '../failure.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { AnonymousMeter, StorageMeter } from '../ports/storage-meter.ts';

/** Bytes that may still come. */
export interface Room {
  /**
   * Takes room for bytes that have arrived, until they are settled. Returns at once, without a promise, while the last
   * reading holds and there is room.
   *
   * @throws Failure `no_room`
   */
  admit(bytes: number): void | Promise<void>;

  /** Whether there is room now; takes none of it. @throws Failure `no_room` */
  look(bytes: number): void | Promise<void>;

  /** Ends what was admitted: the bytes have been booked with their row, or they are gone. */
  settle(admitted: number): void;
}

/**
 * How many bytes strangers may store together: a number, null for no limit, or half of what is stored and of what the
 * disk has left.
 */
export type AnonymousLimit = number | null | 'half';

/** How long a reading of what strangers store holds (ms); bytes that are admitted meanwhile are added to it. */
const readingHolds = 1000;

type AnonymousRoomDeps = {
  limit: AnonymousLimit;
  /** What has to stay free on the disk, for a limit by the half (bytes). */
  minFreeSpace: number;
  meter: StorageMeter & AnonymousMeter;
  disk: Pick<BlobStore, 'freeSpace'>;
  clock: Clock;
};

/**
 * What strangers store together has a budget: callers without a key, guests, and accounts that guests claimed. Accounts
 * that the operator made have room beside it.
 */
export class AnonymousRoom implements Room {
  readonly #deps: AnonymousRoomDeps;
  #room = 0;
  /** Bytes on their way: admitted and not settled. */
  #admitted = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(deps: AnonymousRoomDeps) {
    this.#deps = deps;
  }

  /** The room of content that is created without a key; undefined where there is no limit. */
  get shared(): Room | undefined {
    return this.#deps.limit === null ? undefined : this;
  }

  /** The room of an account's content; undefined where nothing limits it here. */
  async of(accountId: string): Promise<Room | undefined> {
    return this.#deps.limit !== null && (await this.#deps.meter.isAnonymous(accountId)) ? this : undefined;
  }

  admit(bytes: number): void | Promise<void> {
    if (!this.#isSure(bytes)) return this.#read().then(() => this.#take(bytes));
    this.#take(bytes);
  }

  look(bytes: number): void | Promise<void> {
    if (!this.#isSure(bytes)) return this.#read().then(() => this.#require(bytes));
  }

  settle(admitted: number): void {
    this.#admitted -= admitted;
  }

  /** Whether there is room by a reading that still holds. Before anything is refused there is another reading. */
  #isSure(bytes: number): boolean {
    const age = this.#deps.clock() - this.#readAt;
    return age >= 0 && age < readingHolds && this.#has(bytes);
  }

  #take(bytes: number): void {
    this.#require(bytes);
    this.#room -= bytes;
    this.#admitted += bytes;
  }

  #require(bytes: number): void {
    if (this.#has(bytes)) return;
    throw noRoom(
      undefined,
      'anonymous_storage',
      'There is no room left for what is stored without an account',
    );
  }

  /** A budget of 0 takes no empty content either. */
  #has(bytes: number): boolean {
    return bytes <= this.#room && this.#deps.limit !== 0;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readRoom().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readRoom(): Promise<void> {
    const limit = await this.#bytesAllowed();
    const stored = await this.#deps.meter.anonymousBytes();
    this.#room = limit - stored - this.#admitted;
    this.#readAt = this.#deps.clock();
  }

  async #bytesAllowed(): Promise<number> {
    if (this.#deps.limit === null) return Number.POSITIVE_INFINITY;
    if (this.#deps.limit !== 'half') return this.#deps.limit;
    const { databaseBytes, blobBytes } = await this.#deps.meter.usage();
    const free = (await this.#deps.disk.freeSpace()) ?? Number.POSITIVE_INFINITY;
    return (databaseBytes + blobBytes + free - this.#deps.minFreeSpace) / 2;
  }
}

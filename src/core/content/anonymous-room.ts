import { noRoom } from '../failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { BlobStore } from '../ports/content/blob-store.ts';
import type { AnonymousMeter, StorageMeter } from '../ports/content/storage-meter.ts';

/** Bytes that may still be stored. */
export interface Room {
  /**
   * Takes room for bytes that have arrived, until they are settled. Returns synchronously while the last reading is
   * valid and there is room.
   *
   * @throws Failure `no_room`
   */
  admit(bytes: number): void | Promise<void>;

  /** Checks for room without taking it. @throws Failure `no_room` */
  look(bytes: number): void | Promise<void>;

  /** Ends an admission: the bytes are stored with their row, or they are gone. */
  settle(admitted: number): void;
}

/**
 * How many bytes anonymous callers may store together: a number, null for no limit, or half of the stored bytes and the
 * free disk space.
 */
export type AnonymousLimit = number | null | 'half';

/** How long a reading is valid (ms). Bytes that are admitted in the meantime are added to it. */
const readingTtl = 1000;

type AnonymousRoomDeps = {
  limit: AnonymousLimit;
  /** The space that must stay free on the disk, for the limit `half` (bytes). */
  minFreeSpace: number;
  meter: StorageMeter & AnonymousMeter;
  disk: Pick<BlobStore, 'freeSpace'>;
  clock: Clock;
};

/**
 * The room of all anonymous callers together: callers without a key, guests and claimed accounts. Accounts that the
 * operator created do not count against it.
 */
export class AnonymousRoom implements Room {
  readonly #deps: AnonymousRoomDeps;
  #room = 0;
  /** Bytes that are admitted and not settled. */
  #admitted = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(deps: AnonymousRoomDeps) {
    this.#deps = deps;
  }

  /** The room of content that is created without a key; undefined for no limit. */
  get shared(): Room | undefined {
    return this.#deps.limit === null ? undefined : this;
  }

  /** The room of an account's content; undefined for no limit. */
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

  /** Whether the last reading is valid and has room. Nothing is refused without a new reading. */
  #isSure(bytes: number): boolean {
    const age = this.#deps.clock() - this.#readAt;
    return age >= 0 && age < readingTtl && this.#has(bytes);
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
      'The server has no room left for content of anonymous callers',
    );
  }

  /** A limit of 0 rejects empty content too. */
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

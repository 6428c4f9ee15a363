import { type Failure, noRoom } from '../failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { BlobStore } from '../ports/content/blob-store.ts';
import type { AnonymousMeter, StorageMeter } from '../ports/content/storage-meter.ts';
import type { Room } from './room.ts';

/**
 * How many bytes anonymous callers may store together: a number, null for no limit, or half of the stored bytes and the
 * free disk space.
 */
export type AnonymousLimit = number | null | 'half';

/** How long a reading is valid (ms). Bytes that are admitted in the meantime are added to it. */
const readingTtl = 1000;

type MeteredRoomDeps = {
  limit: NonNullable<AnonymousLimit>;
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
export class AnonymousRoom {
  readonly #meter: AnonymousMeter;
  /** The room of content that is created without a key; undefined for no limit. */
  readonly shared: Room | undefined;

  constructor(shared: Room | undefined, meter: AnonymousMeter) {
    this.shared = shared;
    this.#meter = meter;
  }

  /** The room of an account's content; undefined for no limit. */
  async of(accountId: string): Promise<Room | undefined> {
    return this.shared !== undefined && (await this.#meter.isAnonymous(accountId)) ? this.shared : undefined;
  }
}

export function noAnonymousRoom(): Failure {
  return noRoom(
    undefined,
    'anonymous_storage',
    'The server has no room left for content of anonymous callers',
  );
}

/** The room of anonymous callers on a database of one process: their limit, less what they store. */
export class MeteredAnonymousRoom implements Room {
  readonly #deps: MeteredRoomDeps;
  #room = 0;
  /** Bytes that are admitted and not settled. */
  #admitted = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(deps: MeteredRoomDeps) {
    this.#deps = deps;
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
    if (!this.#has(bytes)) throw noAnonymousRoom();
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
    if (this.#deps.limit !== 'half') return this.#deps.limit;
    const { databaseBytes, blobBytes } = await this.#deps.meter.usage();
    const free = (await this.#deps.disk.freeSpace()) ?? Number.POSITIVE_INFINITY;
    return (databaseBytes + blobBytes + free - this.#deps.minFreeSpace) / 2;
  }
}

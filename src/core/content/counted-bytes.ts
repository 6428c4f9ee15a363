import { createHash, type Hash } from 'node:crypto';
import { Utf8Check } from '../coding/utf8.ts';
import { type Failure, invalid, tooLarge } from '../failure.ts';
import type { Room } from './anonymous-room.ts';
import type { Capacity } from './capacity.ts';

/** Bytes that come in, as they come, with what is known of them beforehand. */
export type IncomingBytes = {
  chunks: AsyncIterable<Uint8Array>;
  /** The announced length in bytes; the content must be exactly as long. */
  declaredSize?: number;
  /** The most bytes to take. */
  limit: number;
  /** Whether they shall be a blob however few they are. */
  asBlob?: boolean;
  /** A budget that it counts against, beside the room of the server. */
  room?: Room;
};

/**
 * Reads bytes that are not to be stored, under the limits of those that are; takes no room.
 *
 * @throws Failure `too_large`, `invalid`; or whatever `chunks` throws when it breaks off
 */
export async function readToEnd({ chunks, declaredSize, limit }: IncomingBytes): Promise<void> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw tooLarge('Content', limit);
  }
  if (declaredSize !== undefined && size !== declaredSize) throw otherLength();
}

/** Counts and checks bytes as they pass: the limit, the declared length, the room, and UTF-8. */
export class CountedBytes implements AsyncIterable<Uint8Array> {
  size = 0;
  /** How many of them were let through: all, or all but the chunk that was refused. */
  passed = 0;
  /** How many of them have taken room of the server, whether or not they were let through then. */
  taken = 0;
  /** How many of them have taken room of the budget. */
  admitted = 0;
  readonly #incoming: IncomingBytes;
  readonly #capacity: Capacity;
  readonly #elsewhere: boolean;
  readonly #utf8 = new Utf8Check();
  readonly #hash: Hash | undefined;

  /**
   * @param elsewhere They go to a store that is not on this machine's disk.
   * @param isHashed Whether `digest` will be asked for.
   */
  constructor(
    incoming: IncomingBytes,
    capacity: Capacity,
    { elsewhere, isHashed }: { elsewhere: boolean; isHashed: boolean },
  ) {
    this.#hash = isHashed ? createHash('sha256') : undefined;
    this.#incoming = incoming;
    this.#capacity = capacity;
    this.#elsewhere = elsewhere;
  }

  get isText(): boolean {
    return this.#utf8.isValid;
  }

  /** The SHA-256 of what has passed, where it was hashed. To be asked for once, at the end. */
  digest(): Uint8Array | undefined {
    return this.#hash?.digest();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { chunks, declaredSize, limit, room } = this.#incoming;
    for await (const chunk of chunks) {
      this.size += chunk.length;
      if (this.size > limit) throw tooLarge('Content', limit);
      const admitted = this.#capacity.admit(chunk.length, this.#elsewhere);
      if (admitted) await admitted;
      this.taken += chunk.length;
      if (room) {
        const waits = room.admit(chunk.length);
        if (waits) await waits;
        this.admitted += chunk.length;
      }
      this.passed += chunk.length;
      if (!this.#elsewhere) this.#capacity.written(chunk.length);
      this.#utf8.push(chunk);
      this.#hash?.update(chunk);
      yield chunk;
    }
    if (declaredSize !== undefined && this.size !== declaredSize) throw otherLength();
  }
}

function otherLength(): Failure {
  return invalid('length', 'does not match the length of the body');
}

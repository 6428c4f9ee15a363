import { createHash, type Hash } from 'node:crypto';
import { Utf8Check } from '../coding/utf8.ts';
import { type Failure, invalid, tooLarge } from '../failure.ts';
import type { Room, ServerRoom } from './room.ts';

/** A stream of bytes to store, with its limits. */
export type IncomingBytes = {
  chunks: AsyncIterable<Uint8Array>;
  /** The announced length; the content must have exactly this length (bytes). */
  declaredSize?: number;
  /** The maximum size (bytes). */
  limit: number;
  /** Whether to store a blob even for small content. */
  asBlob?: boolean;
  /** Room that the bytes take in addition to that of the server. */
  room?: Room;
};

/**
 * Reads and discards bytes, under the same limits as bytes to store. Takes no room.
 *
 * @throws Failure `too_large`, `invalid`; or an error of `chunks`
 */
export async function readToEnd({ chunks, declaredSize, limit }: IncomingBytes): Promise<void> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw tooLarge('Content', limit);
  }
  if (declaredSize !== undefined && size !== declaredSize) throw otherLength();
}

/** Passes bytes through; counts them and checks limit, declared length, room, and UTF-8. */
export class CountedBytes implements AsyncIterable<Uint8Array> {
  size = 0;
  /** The bytes that were passed on: all, except a rejected chunk. */
  passed = 0;
  /** The bytes that took room of the server, passed on or not. */
  taken = 0;
  /** The bytes that took the additional room. */
  admitted = 0;
  readonly #incoming: IncomingBytes;
  readonly #capacity: ServerRoom;
  readonly #elsewhere: boolean;
  readonly #utf8 = new Utf8Check();
  readonly #hash: Hash | undefined;

  /**
   * @param elsewhere The bytes go to a store that is not on this machine's disk.
   * @param isHashed Whether `digest` will be called.
   */
  constructor(
    incoming: IncomingBytes,
    capacity: ServerRoom,
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

  /** The SHA-256 of the bytes, if they are hashed. Call it once, at the end. */
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

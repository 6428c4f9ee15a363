import { Failure } from '../failure.ts';
import type { AnswerCoding } from '../ports/coding/content-coding.ts';
import type { Encoder } from '../ports/coding/encoder.ts';
import type { Budget } from '../ports/limits/budget.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A response body to encode. */
type PlainAnswer = {
  read: () => Promise<Bytes>;
  /** The approximate size (bytes). */
  size: number;
  /** The client address that the memory counts for. */
  client: string;
};

type EncodedAnswer = {
  /** The bytes to send, encoded if that made them smaller. */
  bytes: Bytes;
  isEncoded: boolean;
  /** Gives the memory back. Call it once, when the bytes are sent or no longer needed. */
  release: () => void;
};

/** Encodes responses while it has places and memory. Other responses are sent unencoded. */
export class AnswerEncoding {
  readonly #encoder: Encoder;
  readonly #places: Budget;
  readonly #memory: Budget;

  /**
   * @param places The budget of concurrent encoders.
   * @param memory The budget of responses that are encoded and not sent yet (bytes).
   */
  constructor(encoder: Encoder, places: Budget, memory: Budget) {
    this.#encoder = encoder;
    this.#places = places;
    this.#memory = memory;
  }

  /**
   * Encodes a response. Calls `read` only if a place and memory are free.
   *
   * @returns undefined if they are not.
   * @throws What `read` throws; Failure `server_busy` if the bytes are larger than `size` and there is no memory for
   *   them
   */
  async encode(
    coding: AnswerCoding,
    { read, size, client }: PlainAnswer,
  ): Promise<EncodedAnswer | undefined> {
    if ((await this.#places.take(allHolders, 1)) !== 'taken') return undefined;
    let held = 0;
    const resize = async (bytes: number) => {
      if (bytes > held && (await this.#memory.take(client, bytes - held)) !== 'taken') return false;
      if (bytes < held) this.#memory.giveBack(client, held - bytes);
      held = bytes;
      return true;
    };
    try {
      if (!(await resize(size))) return undefined;
      const plain = await read();
      // JSON may escape each byte of its content.
      if (!(await resize(Math.max(size, plain.length)))) throw noMemory();
      const encoded = await this.#encoder.encode(coding, plain);
      const isEncoded = encoded !== undefined && encoded.length < plain.length;
      const bytes = isEncoded ? encoded : plain;
      await resize(bytes.length);
      return { bytes, isEncoded, release: () => this.#memory.giveBack(client, bytes.length) };
    } catch (error) {
      await resize(0);
      throw error;
    } finally {
      this.#places.giveBack(allHolders, 1);
    }
  }
}

const allHolders = 'all';

function noMemory(): Failure {
  return new Failure('server_busy', 'The server has no memory left for compressed responses', {
    retryAfterSeconds: 10,
  });
}

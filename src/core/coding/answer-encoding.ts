import { Failure } from '../failure.ts';
import type { Budget } from '../ports/budget.ts';
import type { AnswerCoding } from '../ports/content-coding.ts';
import type { Encoder } from '../ports/encoder.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** An answer to encode. */
type PlainAnswer = {
  read: () => Promise<Bytes>;
  /** About how many bytes it has. */
  size: number;
  /** The client address that its memory counts for. */
  client: string;
};

type EncodedAnswer = {
  /** The bytes to send: encoded where that made them fewer. */
  bytes: Bytes;
  isEncoded: boolean;
  /** Gives their memory back: to be called once, when they are sent or nobody wants them any more. */
  release: () => void;
};

/** Encodes answers while it has places and memory; others go out as they are, which needs neither. */
export class AnswerEncoding {
  readonly #encoder: Encoder;
  readonly #places: Budget;
  readonly #memory: Budget;

  /**
   * @param places Of encoders.
   * @param memory Of answers that are encoded and not sent yet, in bytes.
   */
  constructor(encoder: Encoder, places: Budget, memory: Budget) {
    this.#encoder = encoder;
    this.#places = places;
    this.#memory = memory;
  }

  /**
   * Encodes an answer. `read` is called only where a place and memory are free.
   *
   * @returns undefined where they are not.
   * @throws What `read` throws; Failure `server_busy` where it is so much larger than its size that it finds no memory
   */
  async encode(
    coding: AnswerCoding,
    { read, size, client }: PlainAnswer,
  ): Promise<EncodedAnswer | undefined> {
    if ((await this.#places.take(everybody, 1)) !== 'taken') return undefined;
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
      this.#places.giveBack(everybody, 1);
    }
  }
}

const everybody = 'all';

function noMemory(): Failure {
  return new Failure('server_busy', 'The server has no memory left for compressed answers', {
    retryAfterSeconds: 10,
  });
}

import type { AnswerCoding } from './content-coding.ts';
import type { Budget } from './ports/budget.ts';
import type { Encoder } from './ports/encoder.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Encodes answers while it has places; others go out as they are. */
export class AnswerEncoding {
  readonly #encoder: Encoder;
  readonly #budget: Budget;

  /** @param budget Of encoders, in places. */
  constructor(encoder: Encoder, budget: Budget) {
    this.#encoder = encoder;
    this.#budget = budget;
  }

  /**
   * Encodes bytes. `read` is called for them only where a place is free.
   *
   * @returns The bytes as they are, and encoded where that worked; undefined where no place is free.
   * @throws What `read` throws.
   */
  async encode(
    coding: AnswerCoding,
    read: () => Promise<Bytes>,
  ): Promise<{ plain: Bytes; encoded: Bytes | undefined } | undefined> {
    if ((await this.#budget.take(holder, 1)) !== 'taken') return undefined;
    try {
      const plain = await read();
      return { plain, encoded: await this.#encoder.encode(coding, plain) };
    } finally {
      this.#budget.giveBack(holder, 1);
    }
  }
}

const holder = 'all';

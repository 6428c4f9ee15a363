import type { ContentCoding } from './content-coding.ts';
import { type Failure, invalid, tooLarge } from './failure.ts';
import { type PlaceClaim, Places } from './places.ts';
import type { Budget } from './ports/budget.ts';
import type { Clock, Timers } from './ports/clock.ts';
import { BrokenCoding, type Decoder, type Decoders } from './ports/decoders.ts';

/** Content up to this size may be of any ratio (bytes); above it, it is at most so many times its coded bytes. */
const freeSize = 16 * 1024 * 1024;
const largestRatio = 200;

/** A coded body. */
type CodedBody = {
  coding: ContentCoding;
  chunks: AsyncIterable<Uint8Array>;
  /** The most bytes that its content may have. */
  limit: number;
};

/** Content as it is decoded. */
type DecodedBody = {
  /**
   * Throws Failure `invalid` for content that is broken, incomplete or out of proportion, `too_large`, `rate_limited`
   * where no decoder came free; or whatever the coded chunks throw.
   */
  chunks: AsyncIterable<Uint8Array>;
  /** Gives the decoder back, whether or not all was read. Call it when the request ends. */
  close(): void;
};

/** Decodes request bodies while they arrive. */
export class BodyDecoding {
  readonly #decoders: Decoders;
  readonly #budget: Budget;
  readonly #places: Places;

  /** @param budget Of decoders, in places. */
  constructor(decoders: Decoders, budget: Budget, clock: Clock, timers: Timers) {
    this.#decoders = decoders;
    this.#budget = budget;
    this.#places = new Places(
      { mostWaiting: 64, longestWait: 10_000, purpose: 'bodies to decode' },
      clock,
      timers,
    );
  }

  /** @param holder For whom the decoder's place counts. It is taken when the first chunk is asked for. */
  open(body: CodedBody, holder: string): DecodedBody {
    const lease = new DecoderLease(this.#decoders, this.#places);
    return { chunks: decode(body, lease, { budget: this.#budget, holder }), close: () => lease.end() };
  }
}

/** A decoder and its place: ended once, however the request ends. */
class DecoderLease {
  readonly #decoders: Decoders;
  readonly #places: Places;
  #decoder: Decoder | undefined;
  #giveBack: (() => void) | undefined;
  #hasEnded = false;

  constructor(decoders: Decoders, places: Places) {
    this.#decoders = decoders;
    this.#places = places;
  }

  async begin(coding: ContentCoding, claim: PlaceClaim): Promise<Decoder> {
    this.#giveBack = await this.#places.take(claim.holder, [claim]);
    if (this.#hasEnded) {
      this.#giveBack();
      throw new Error('the request ended while its body waited for a decoder');
    }
    this.#decoder = this.#decoders.open(coding);
    return this.#decoder;
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#decoder?.close();
    this.#giveBack?.();
  }
}

async function* decode(
  { coding, chunks, limit }: CodedBody,
  lease: DecoderLease,
  claim: PlaceClaim,
): AsyncGenerator<Uint8Array> {
  const decoder = await lease.begin(coding, claim);
  let [coded, decoded] = [0, 0];
  try {
    for await (const chunk of chunks) {
      coded += chunk.length;
      // Empty frames and long headers decode to nothing: they must not keep a decoder for ever.
      if (coded > 2 * limit + freeSize) throw tooLarge('The coded body', 2 * limit + freeSize);
      for await (const piece of decoder.write(chunk)) {
        decoded += piece.length;
        if (decoded > limit) throw tooLarge('Content', limit);
        if (decoded > freeSize && decoded > largestRatio * coded)
          throw invalid('The body', `must not decode to more than ${largestRatio} times its coded bytes`);
        yield piece;
      }
    }
    // An empty body is no content of any coding.
    if (coded === 0) throw broken(coding);
    await decoder.end();
  } catch (error) {
    throw error instanceof BrokenCoding ? broken(coding) : error;
  } finally {
    lease.end();
  }
}

function broken(coding: ContentCoding): Failure {
  return invalid(
    'The body',
    `must be complete ${coding} content with nothing after it, as Content-Encoding says`,
  );
}

import { smallBody } from '../bodies/body-memory.ts';
import { type Failure, invalid, requestTimeout, tooLarge } from '../failure.ts';
import { type PlaceClaim, Places, type RefusedClaim } from '../limits/places.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { ContentCoding } from '../ports/coding/content-coding.ts';
import { BrokenCoding, type Decoder, type Decoders } from '../ports/coding/decoders.ts';
import type { Budget } from '../ports/limits/budget.ts';

/**
 * Up to this decoded size any ratio is allowed (bytes). Above it, content is at most `maxRatio` times its coded bytes.
 */
const freeSize = 16 * 1024 * 1024;
const maxRatio = 200;

/**
 * While others wait, a body slower than this loses its decoder (coded bytes per second of waiting), once the server has
 * waited for it for `minWait` (ms).
 */
const minRate = 16 * 1024;
const minWait = 2000;

/** The same for a body of a client with several decoders, while a client without one waits. */
const minSharedRate = 256 * 1024;
const minSharedWait = 5000;

/** The part of `OpenBody` that decoding uses. */
interface ReceivedBody {
  /** `length` is the announced length (bytes). */
  readonly origin: { length: number | undefined };
  /** The total time that the server has waited for its bytes (ms); 0 while the server is not waiting. */
  waited(): number;
  /** The recent rate (bytes per second of waiting). */
  recentRate(): number;
  /** Makes the chunks throw the failure. */
  fail(failure: Failure): void;
}

type CodedBody = {
  coding: ContentCoding;
  received: ReceivedBody;
  chunks: AsyncIterable<Uint8Array>;
  /** The maximum decoded size (bytes). */
  limit: number;
};

type DecodedBody = {
  /**
   * Throws Failure `invalid` for content that is broken, incomplete or over the maximum ratio, `too_large`,
   * `rate_limited` if no decoder is free; or an error of the coded chunks, such as `request_timeout` for a slow body
   * whose decoder others need.
   */
  chunks: AsyncIterable<Uint8Array>;
  /** Releases the decoder. Call it when the request ends, also if not all chunks were read. */
  close(): void;
};

/** Decodes request bodies while they arrive. */
export class BodyDecoding {
  readonly #short: DecoderPool;
  readonly #other: DecoderPool;

  /** @param budgets Places of decoders: for bodies with a small announced length, and for all others. */
  constructor(decoders: Decoders, budgets: { short: Budget; other: Budget }, clock: Clock, timers: Timers) {
    const poolOf = (budget: Budget): DecoderPool => {
      const held = new Set<DecoderLease>();
      const freePlace = (refused: RefusedClaim) => endSlowest(held, refused);
      const queue = { maxWaiting: 64, maxWait: 10_000, purpose: 'bodies to decode', freePlace };
      return { decoders, budget, places: new Places(queue, clock, timers), held };
    };
    this.#short = poolOf(budgets.short);
    this.#other = poolOf(budgets.other);
  }

  /** @param holder The holder of the decoder's place, which is taken when the first chunk is read. */
  open(body: CodedBody, holder: string): DecodedBody {
    const { length = Number.POSITIVE_INFINITY } = body.received.origin;
    // Short bodies must not wait for long ones.
    const pool = length <= smallBody ? this.#short : this.#other;
    const lease = new DecoderLease(pool, { budget: pool.budget, holder }, body);
    return { chunks: decode(lease), close: () => lease.end() };
  }
}

/** Ends the slowest body: of the same holder, if that one is over its share. @returns Whether any was slow enough */
function endSlowest(leases: Set<DecoderLease>, { holder, outcome }: RefusedClaim): boolean {
  const held = [...leases];
  const countOf = (client: string) => held.filter(({ claim }) => claim.holder === client).length;
  const hasNone = countOf(holder) === 0;
  let slowest: DecoderLease | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const lease of held) {
    if (outcome === 'share_exceeded' && lease.claim.holder !== holder) continue;
    const { received } = lease.body;
    const [waited, rate] = [received.waited(), received.recentRate()];
    const isSlow = waited >= minWait && rate < minRate;
    const mustShare = hasNone && waited >= minSharedWait && rate < minSharedRate;
    if (rate >= lowest || !(isSlow || (mustShare && countOf(lease.claim.holder) > 1))) continue;
    [slowest, lowest] = [lease, rate];
  }
  const message = 'The server ran out of decoders for request bodies, and this one was the slowest';
  slowest?.body.received.fail(requestTimeout(message));
  slowest?.end();
  return slowest !== undefined;
}

type DecoderPool = {
  decoders: Decoders;
  budget: Budget;
  places: Places;
  /** The leases that hold a decoder. */
  held: Set<DecoderLease>;
};

/** A decoder and its place. */
class DecoderLease {
  readonly claim: PlaceClaim;
  readonly body: CodedBody;
  readonly #pool: DecoderPool;
  #decoder: Decoder | undefined;
  #giveBack: (() => void) | undefined;
  #hasEnded = false;

  constructor(pool: DecoderPool, claim: PlaceClaim, body: CodedBody) {
    this.#pool = pool;
    this.claim = claim;
    this.body = body;
  }

  async begin(): Promise<Decoder> {
    this.#giveBack = await this.#pool.places.take(this.claim.holder, [this.claim]);
    if (this.#hasEnded) {
      this.#giveBack();
      throw new Error('the request ended while its body waited for a decoder');
    }
    this.#decoder = this.#pool.decoders.open(this.body.coding);
    this.#pool.held.add(this);
    return this.#decoder;
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#pool.held.delete(this);
    this.#decoder?.close();
    this.#giveBack?.();
  }
}

async function* decode(lease: DecoderLease): AsyncGenerator<Uint8Array> {
  const { coding, chunks, limit } = lease.body;
  const decoder = await lease.begin();
  let [coded, decoded] = [0, 0];
  try {
    for await (const chunk of chunks) {
      coded += chunk.length;
      // Empty frames and long headers decode to nothing: they must not occupy a decoder forever.
      if (coded > 2 * limit + freeSize) throw tooLarge('The coded body', 2 * limit + freeSize);
      for await (const piece of decoder.write(chunk)) {
        decoded += piece.length;
        if (decoded > limit) throw tooLarge('Content', limit);
        if (decoded > freeSize && decoded > maxRatio * coded)
          throw invalid('The body', `must not decode to more than ${maxRatio} times its coded bytes`);
        yield piece;
      }
    }
    // An empty body is not valid in any coding.
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
    `must be complete ${coding} content with nothing after it, as Content-Encoding declares`,
  );
}

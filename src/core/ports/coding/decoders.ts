import type { ContentCoding } from './content-coding.ts';

/** The coded bytes are invalid, incomplete, or followed by others. */
export class BrokenCoding extends Error {
  constructor() {
    super('the coded content is broken');
    this.name = 'BrokenCoding';
  }
}

/** One stream that is being decoded. Calls must not overlap. */
export interface Decoder {
  /**
   * Decodes the next bytes, in chunks of at most 256 KiB.
   *
   * @throws BrokenCoding, or Failure `store_away` if the decoder crashed
   */
  write(coded: Uint8Array): AsyncIterable<Uint8Array>;

  /** Checks that the stream is complete. @throws as `write` */
  end(): Promise<void>;

  /**
   * Frees the memory. Later calls of `write` and `end` throw Failure `store_away`. Call it once, also after an error.
   */
  close(): void;
}

/**
 * Decodes content on dedicated threads. A stream needs at most about 9 MiB of memory: zstd with a window over 8 MiB and
 * Brotli with a large window are `BrokenCoding`.
 */
export interface Decoders {
  open(coding: ContentCoding): Decoder;

  /** Ends the threads. */
  close(): Promise<void>;
}

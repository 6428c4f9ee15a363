import type { ContentCoding } from './content-coding.ts';

/** The coded bytes are not what their coding says, end early, or go on after their end. */
export class BrokenCoding extends Error {
  constructor() {
    super('the coded content is broken');
    this.name = 'BrokenCoding';
  }
}

/** One stream that is being decoded. Calls must not overlap. */
export interface Decoder {
  /**
   * Decodes the next bytes, in pieces of at most 256 KiB however much they decode to.
   *
   * @throws BrokenCoding, or Failure `store_away` where the decoder was lost
   */
  write(coded: Uint8Array): AsyncIterable<Uint8Array>;

  /** Checks that the stream is complete. @throws as `write` */
  end(): Promise<void>;

  /** Frees its memory; later calls of the others throw Failure `store_away`. Call it once, also after an error. */
  close(): void;
}

/**
 * Decodes content, on threads that nothing else needs. A stream needs at most some 9 MiB of memory: zstd with a
 * window over 8 MiB and brotli with a large window are `BrokenCoding`.
 */
export interface Decoders {
  open(coding: ContentCoding): Decoder;

  /** Ends the threads. */
  close(): Promise<void>;
}

import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import type { ContentCoding } from '../../core/ports/coding/content-coding.ts';
import { BrokenCoding } from '../../core/ports/coding/decoders.ts';

/** The maximum bytes of one step. A step takes about a millisecond. */
const maxStepSize = 256 * 1024;

/**
 * The internals of a stream of `node:zlib`. The streams decode on the thread pool, which Bun shares with file access.
 * The handle decodes on the calling thread, and no more than fits into the output. Both runtimes have it, as Node does.
 */
type NativeStream = {
  _handle: {
    writeSync(
      flush: number,
      input: Uint8Array,
      inputOffset: number,
      inputLength: number,
      output: Uint8Array,
      outputOffset: number,
      outputLength: number,
    ): void;
    close(): void;
    onerror: (...details: unknown[]) => void;
  };
  /** The bytes of the output, then of the input, that the last step left unused. */
  _writeState: Uint32Array;
};

const { constants } = zlib;

/** zstd windows up to 8 MiB (RFC 8878, section 3.1.1.1.2). */
const maxWindowLog = 23;

/** The first seven bits of Brotli with a large window. They are not a window of RFC 7932, section 9.1. */
const largeWindowBits = 0b0010001;

const openers: Record<ContentCoding, () => unknown> = {
  gzip: () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
  zstd: () => zlib.createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: maxWindowLog } }),
};

const flushes: Record<ContentCoding, { none: number; finish: number }> = {
  gzip: { none: constants.Z_NO_FLUSH, finish: constants.Z_FINISH },
  deflate: { none: constants.Z_NO_FLUSH, finish: constants.Z_FINISH },
  br: { none: constants.BROTLI_OPERATION_PROCESS, finish: constants.BROTLI_OPERATION_FINISH },
  zstd: { none: constants.ZSTD_e_continue, finish: constants.ZSTD_e_end },
};

const nothing: Uint8Array = new Uint8Array(0);

/** The result of a step, and whether there may be more without new input. */
type Step = { bytes: Uint8Array; hasMore: boolean };

/** Decodes on the calling thread, step by step. */
export class NativeDecoder {
  readonly #coding: ContentCoding;
  readonly #stream: NativeStream;
  #input = nothing;
  #left = 0;
  #hasStarted = false;
  #isBroken = false;

  constructor(coding: ContentCoding) {
    this.#coding = coding;
    this.#stream = openers[coding]() as NativeStream;
    this.#stream._handle.onerror = () => {
      this.#isBroken = true;
    };
  }

  /** Takes coded bytes; `step` decodes them. @throws BrokenCoding */
  give(coded: Uint8Array): void {
    if (!this.#hasStarted && coded[0] !== undefined) {
      this.#hasStarted = true;
      // Deno's decoder accepts large windows, which RFC 7932 does not have.
      if (this.#coding === 'br' && (coded[0] & 0x7f) === largeWindowBits) throw new BrokenCoding();
    }
    this.#input = coded;
    this.#left = coded.length;
  }

  /** Decodes up to `maxStepSize` bytes of the input. @throws BrokenCoding */
  step(): Step {
    const before = this.#left;
    const { bytes, roomLeft } = this.#run(flushes[this.#coding].none, maxStepSize);
    // The decoder has room but consumes nothing: the rest of the input is after the end.
    if (bytes.length === 0 && this.#left > 0 && this.#left === before) throw new BrokenCoding();
    return { bytes, hasMore: roomLeft === 0 || this.#left > 0 };
  }

  /** Checks that all content was decoded and is complete. @throws BrokenCoding */
  end(): void {
    if (this.#coding === 'zstd') {
      this.#requireBetweenFrames();
      return;
    }
    this.give(nothing);
    this.#run(flushes[this.#coding].finish, 1);
    if (this.#coding !== 'br') return;
    // Deno's decoder does not report a missing end. A decoder at its end consumes no input.
    this.give(new Uint8Array(1));
    this.#run(flushes.br.none, 1);
    if (this.#left === 0) throw new BrokenCoding();
  }

  close(): void {
    this.#stream._handle.close();
  }

  /** The decoder does not report whether a frame has ended. Only if it has can another frame be decoded. */
  #requireBetweenFrames(): void {
    const probe = randomBytes(32);
    this.give(zlib.zstdCompressSync(probe));
    const decoded = [];
    // With more room, zstd would treat a probe after half a header as a new frame.
    for (let bytes = nothing; decoded.length === 0 || bytes.length > 0; decoded.push(bytes))
      ({ bytes } = this.#run(flushes.zstd.none, probe.length + 1));
    if (!probe.equals(Buffer.concat(decoded))) throw new BrokenCoding();
  }

  #run(flush: number, room: number): { bytes: Uint8Array; roomLeft: number } {
    const output = new Uint8Array(room);
    const { _handle: handle, _writeState: state } = this.#stream;
    const offset = this.#input.length - this.#left;
    try {
      handle.writeSync(flush, this.#input, offset, this.#left, output, 0, room);
    } catch {
      this.#isBroken = true;
    }
    if (this.#isBroken) throw new BrokenCoding();
    const [roomLeft = 0, left = 0] = state;
    this.#left = left;
    return { bytes: output.subarray(0, room - roomLeft), roomLeft };
  }
}

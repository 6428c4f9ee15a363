import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { AnswerCoding } from '../../core/ports/coding/content-coding.ts';

/** Levels at which compression costs less time than it saves on a slow network. */
const encoders: Record<AnswerCoding, (bytes: Uint8Array) => Uint8Array> = {
  zstd: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (bytes) => gzipSync(bytes, { level: 6 }),
};

/** Encodes bytes synchronously. @returns A copy, because a small Buffer is a slice of shared memory. */
export function encodeNow(coding: AnswerCoding, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encoders[coding](bytes));
}

import { parentPort } from 'node:worker_threads';
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { AnswerCoding } from '../../core/content-coding.ts';
import type { EncodeRequest } from './worker-encoder.ts';

/**
 * Compresses in a thread of its own. The asynchronous functions of `node:zlib` would use the threads that read and
 * write files.
 */

/** Levels at which compressing costs less time than a slow network gains by it. */
const encode: Record<AnswerCoding, (bytes: Uint8Array) => Uint8Array> = {
  zstd: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (bytes) => gzipSync(bytes, { level: 6 }),
};

parentPort?.on('message', ({ coding, bytes }: EncodeRequest) => {
  const encoded = encode[coding](bytes);
  // A copy of exactly its bytes: a small Buffer is a part of memory that others use too.
  parentPort?.postMessage(new Uint8Array(encoded));
});

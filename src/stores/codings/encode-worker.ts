import { parentPort } from 'node:worker_threads';
import { encodeNow } from './encode-now.ts';
import type { EncodeRequest } from './worker-encoder.ts';

/**
 * Compresses in a separate thread. The asynchronous functions of `node:zlib` would use the threads that read and write
 * files.
 */
parentPort?.on('message', ({ coding, bytes }: EncodeRequest) => {
  parentPort?.postMessage(encodeNow(coding, bytes));
});

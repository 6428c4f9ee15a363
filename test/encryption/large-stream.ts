// Seals and unseals a number of MiB. Prints the number of bytes that came out and the peak memory.
import { readFileSync } from 'node:fs';
import { seal, unseal } from '../../src/encryption/index.ts';

const collectEvery = 32 * 1024 * 1024;
let left = Number(process.argv[2]) * 1024 * 1024;
const source = new ReadableStream<Uint8Array>(
  {
    pull(controller) {
      if (left === 0) return controller.close();
      const length = Math.min(left, 100_000);
      controller.enqueue(new Uint8Array(length));
      left -= length;
    },
  },
  { highWaterMark: 0 },
);
const sealed = await seal(source, { name: null, type: 'application/octet-stream' });
const { stream } = await unseal(sealed.stream, sealed.secret);
let bytes = 0;
for await (const chunk of stream) {
  // Collects garbage first, so that only memory in use is measured, even on a busy machine.
  if (Math.floor((bytes + chunk.length) / collectEvery) > Math.floor(bytes / collectEvery)) Bun.gc(true);
  bytes += chunk.length;
}
// Not from getrusage, whose peak includes the memory of the parent process at the fork.
const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
console.log(JSON.stringify({ bytes, peak: Number(peak) * 1024 }));

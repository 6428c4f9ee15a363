// Seals and unseals as many MiB as it is told, and prints the bytes that came out and the most memory that it had.
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
  // What is measured is what is held, and not what waits to be collected while others have the processor.
  if (Math.floor((bytes + chunk.length) / collectEvery) > Math.floor(bytes / collectEvery)) Bun.gc(true);
  bytes += chunk.length;
}
// Not getrusage's, which begins with what the parent had when it started this program.
const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
console.log(JSON.stringify({ bytes, peak: Number(peak) * 1024 }));

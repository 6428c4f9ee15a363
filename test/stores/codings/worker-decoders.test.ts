import { afterAll, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import { WorkerDecoders } from '../../../src/stores/codings/worker-decoders.ts';
import { failureOf } from '../../core/failure-of.ts';

const decoders = new WorkerDecoders();
afterAll(() => decoders.close());

const coded = gzipSync(Buffer.alloc(1024 * 1024, 'mayfly'));

async function sizeOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.length;
  return size;
}

test('a decoder that is closed decodes nothing more', async () => {
  const decoder = decoders.open('gzip');
  decoder.close();
  expect((await failureOf(() => sizeOf(decoder.write(coded)))).code).toBe('store_away');
});

test('a decoder that is closed between two pieces of one write decodes no other', async () => {
  const decoder = decoders.open('gzip');
  const pieces = decoder.write(coded)[Symbol.asyncIterator]();
  expect((await pieces.next()).value?.length).toBe(256 * 1024);
  decoder.close();
  expect((await failureOf(async () => pieces.next())).code).toBe('store_away');
  expect(await sizeOf(decoders.open('gzip').write(coded))).toBe(1024 * 1024);
});

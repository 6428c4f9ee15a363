import { createHash, type Hash } from 'node:crypto';
import { invalid } from '../failure.ts';

/** What a client says of the bytes that it sends, each in base64. */
export type Checksums = { md5?: string; sha256?: string };

const algorithms = ['md5', 'sha256'] as const;
const names = { md5: 'Content-MD5', sha256: 'The digest' };

/** Checks bytes that are at hand. @throws Failure `invalid` where they are not what was said */
export function requireChecksums(checksums: Checksums, bytes: Uint8Array): void {
  const hashes = hashesFor(checksums);
  for (const { hash } of hashes) hash.update(bytes);
  compare(hashes);
}

/** Passes bytes on and checks them at their end. The iteration throws Failure `invalid` as `requireChecksums` does. */
export function checked(checksums: Checksums, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const hashes = hashesFor(checksums);
  return hashes.length === 0 ? chunks : hashed(chunks, hashes);
}

type Expected = { name: string; expected: string; hash: Hash };

/** The last chunk is held back until all were compared: a store that had the whole length would keep it. */
async function* hashed(chunks: AsyncIterable<Uint8Array>, hashes: Expected[]): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    for (const { hash } of hashes) hash.update(chunk);
    if (chunk.length === 0) continue;
    if (held) yield held;
    held = chunk;
  }
  compare(hashes);
  if (held) yield held;
}

function hashesFor(checksums: Checksums): Expected[] {
  return algorithms.flatMap((algorithm) => {
    const expected = checksums[algorithm];
    return expected === undefined ? [] : [{ name: names[algorithm], expected, hash: createHash(algorithm) }];
  });
}

function compare(hashes: Expected[]): void {
  for (const { name, expected, hash } of hashes)
    if (hash.digest('base64') !== expected) throw invalid(name, 'does not match the body');
}

import { createHash, type Hash } from 'node:crypto';
import { invalid } from '../failure.ts';

/** The checksums that a client sends with its bytes, in base64. */
export type Checksums = { md5?: string; sha256?: string };

const algorithms = ['md5', 'sha256'] as const;
const names = { md5: 'Content-MD5', sha256: 'The digest' };

/** Checks bytes in memory. @throws Failure `invalid` for a mismatch */
export function requireChecksums(checksums: Checksums, bytes: Uint8Array): void {
  const hashes = hashesFor(checksums);
  for (const { hash } of hashes) hash.update(bytes);
  compare(hashes);
}

/** Passes chunks through and checks them at the end. The iteration throws Failure `invalid` for a mismatch. */
export function checked(checksums: Checksums, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const hashes = hashesFor(checksums);
  return hashes.length === 0 ? chunks : hashed(chunks, hashes);
}

type Expected = { name: string; expected: string; hash: Hash };

/** Holds the last chunk back until the checksums match: a store that received the whole length would keep it. */
async function* hashed(chunks: AsyncIterable<Uint8Array>, hashes: Expected[]): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    for (const { hash } of hashes) hash.update(chunk);
    if (chunk.length === 0) continue;
    if (last) yield last;
    last = chunk;
  }
  compare(hashes);
  if (last) yield last;
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

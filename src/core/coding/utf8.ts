import { isUtf8 } from 'node:buffer';

/**
 * Checks whether a stream of chunks is valid UTF-8, without decoding it. A code point may be split between chunks, so
 * up to three trailing bytes are prepended to the next chunk.
 */
export class Utf8Check {
  #carried = new Uint8Array(0);
  #valid = true;

  push(chunk: Uint8Array): void {
    if (!this.#valid || chunk.length === 0) return;
    const bytes = this.#carried.length > 0 ? Buffer.concat([this.#carried, chunk]) : chunk;
    const end = bytes.length - lengthOfUnfinishedTail(bytes);
    this.#valid = isUtf8(bytes.subarray(0, end));
    // A copy: `slice` of a Buffer is a view of memory that its owner may overwrite.
    this.#carried = new Uint8Array(bytes.subarray(end));
  }

  /** Whether the stream can still be valid if it continues. */
  get isValidSoFar(): boolean {
    return this.#valid;
  }

  /** Whether everything pushed so far is valid if the stream ends here. */
  get isValid(): boolean {
    return this.#valid && this.#carried.length === 0;
  }
}

/** The number of bytes at the end that start an incomplete code point (RFC 3629, section 3). */
function lengthOfUnfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? back : 0;
    }
  }
  return 0;
}

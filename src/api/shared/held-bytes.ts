/** Small chunks are gathered in blocks of these sizes (bytes): a chunk may be a single byte. */
const smallestBlock = 1024;
const largestBlock = 64 * 1024;

/** A chunk of this size is kept as it is (bytes): a copy would take its memory twice until it is collected. */
const leastKept = 8 * 1024;

/**
 * Frees the memory of bytes that nobody reads again. Otherwise it lasts until the engine collects garbage, which happens
 * too late under a flood of large bodies.
 */
export function release(bytes: Uint8Array): void {
  if (bytes.length === bytes.buffer.byteLength) (bytes.buffer as ArrayBuffer).transfer(0);
}

/** Bytes in memory, in the order in which they came. */
export class HeldBytes {
  size = 0;
  readonly #pieces: Uint8Array[] = [];
  /** The block that is being filled, and how far. */
  #block: Uint8Array | undefined;
  #used = 0;

  add(chunk: Uint8Array): void {
    this.size += chunk.length;
    // A chunk may be a small part of a large buffer.
    if (chunk.length >= leastKept && chunk.length === chunk.buffer.byteLength) {
      this.#endBlock();
      this.#pieces.push(chunk);
      return;
    }
    for (let from = 0; from < chunk.length; ) {
      // Only what arrived counts: a body of a few bytes must not take a large block.
      this.#block ??= new Uint8Array(Math.min(largestBlock, Math.max(smallestBlock, this.size)));
      const piece = chunk.subarray(from, from + this.#block.length - this.#used);
      this.#block.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
      if (this.#used === this.#block.length) this.#endBlock();
    }
  }

  /** All of them, in pieces. */
  pieces(): readonly Uint8Array[] {
    this.#endBlock();
    return this.#pieces;
  }

  /** All of them. The pieces are gone then, and give their memory back at once instead of when it is collected. */
  joined(): Uint8Array {
    const [first, ...others] = this.pieces();
    if (first !== undefined && others.length === 0) return first;
    const joined = Buffer.allocUnsafeSlow(this.size);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    this.release();
    return joined;
  }

  /** Drops all of them. */
  release(): void {
    for (const piece of this.pieces()) release(piece);
    this.#pieces.length = 0;
  }

  /** What a block has no bytes for is given back. */
  #endBlock(): void {
    if (this.#block === undefined) return;
    const isFull = this.#used === this.#block.length;
    this.#pieces.push(isFull ? this.#block : this.#block.slice(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}

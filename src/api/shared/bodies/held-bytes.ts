/** Small chunks are copied into blocks of these sizes (bytes), because a chunk may be a single byte. */
const minBlockSize = 1024;
const maxBlockSize = 64 * 1024;

/** A chunk of at least this size is not copied (bytes): a copy takes its memory twice until garbage is collected. */
const minUncopiedSize = 8 * 1024;

/**
 * Frees the memory of bytes that are not read again. Otherwise it stays until the engine collects garbage, which
 * happens too late under a flood of large bodies.
 */
export function release(bytes: Uint8Array): void {
  if (bytes.length === bytes.buffer.byteLength) (bytes.buffer as ArrayBuffer).transfer(0);
}

/** Bytes in memory, in the order of their arrival. */
export class HeldBytes {
  size = 0;
  readonly #pieces: Uint8Array[] = [];
  /** The block that is being filled; `#used` is its length so far. */
  #block: Uint8Array | undefined;
  #used = 0;

  add(chunk: Uint8Array): void {
    this.size += chunk.length;
    // A chunk may be a small slice of a large buffer.
    if (chunk.length >= minUncopiedSize && chunk.length === chunk.buffer.byteLength) {
      this.#endBlock();
      this.#pieces.push(chunk);
      return;
    }
    for (let from = 0; from < chunk.length; ) {
      // Only what arrived counts: a body of a few bytes must not take a large block.
      this.#block ??= new Uint8Array(Math.min(maxBlockSize, Math.max(minBlockSize, this.size)));
      const piece = chunk.subarray(from, from + this.#block.length - this.#used);
      this.#block.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
      if (this.#used === this.#block.length) this.#endBlock();
    }
  }

  /** All bytes, in pieces. */
  pieces(): readonly Uint8Array[] {
    this.#endBlock();
    return this.#pieces;
  }

  /** All bytes as one array. This releases the pieces, so their memory is free before garbage is collected. */
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

  /** Drops all bytes. */
  release(): void {
    for (const piece of this.pieces()) release(piece);
    this.#pieces.length = 0;
  }

  /** Ends the current block, without its unused rest. */
  #endBlock(): void {
    if (this.#block === undefined) return;
    const isFull = this.#used === this.#block.length;
    this.#pieces.push(isFull ? this.#block : this.#block.slice(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}

import { createHash, type Hash } from 'node:crypto';

/**
 * A SHA-256 over streamed content: over its form fields, each with names and bytes. A body that is not a form is one
 * field without names. Fields must begin in order; their bytes may arrive interleaved.
 */
export class ContentFingerprint {
  readonly #parts: Hash[] = [];
  #digest: string | undefined;

  /** @param names The name of the form field, its file name, its type. */
  beginPart(...names: string[]): Hash {
    const hash = createHash('sha256').update(`${JSON.stringify(names)}\n`);
    this.#parts.push(hash);
    return hash;
  }

  /** Passes chunks through and hashes them. */
  async *through(
    chunks: AsyncIterable<Uint8Array>,
    part: Hash = this.beginPart(),
  ): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      // Hash first: the consumer may free the memory of the chunk.
      part.update(chunk);
      yield chunk;
    }
  }

  /** The fingerprint in hex. Call it when all bytes have passed. */
  digest(): string {
    if (this.#digest === undefined) {
      const whole = createHash('sha256');
      for (const part of this.#parts) whole.update(part.digest());
      this.#digest = whole.digest('hex');
    }
    return this.#digest;
  }
}

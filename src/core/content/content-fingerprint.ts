import { createHash, type Hash } from 'node:crypto';

/**
 * Identifies streamed content: a SHA-256 over its parts, of which each has names and bytes. A body that is no form is
 * one part without names. Parts begin in their order; their bytes may arrive interleaved.
 */
export class ContentFingerprint {
  readonly #parts: Hash[] = [];
  #digest: string | undefined;

  /** @param names What identifies the part beside its bytes: its field, its file name, its type. */
  beginPart(...names: string[]): Hash {
    const hash = createHash('sha256').update(`${JSON.stringify(names)}\n`);
    this.#parts.push(hash);
    return hash;
  }

  /** Passes the bytes of a part on. */
  async *through(
    chunks: AsyncIterable<Uint8Array>,
    part: Hash = this.beginPart(),
  ): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      // Before it is passed on: a store may free the memory of a chunk that it was given.
      part.update(chunk);
      yield chunk;
    }
  }

  /** The fingerprint in hex. Call it when all bytes have passed: there can be no more parts then. */
  digest(): string {
    if (this.#digest === undefined) {
      const whole = createHash('sha256');
      for (const part of this.#parts) whole.update(part.digest());
      this.#digest = whole.digest('hex');
    }
    return this.#digest;
  }
}

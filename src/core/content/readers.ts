/**
 * Blobs that somebody in this process reads or is about to: of content in parts only one is open at a time, and the
 * others must be there when their turn comes.
 */
export class Readers {
  readonly #counts = new Map<string, number>();

  /** Holds blobs until the function that is returned is called; calling it again does nothing. */
  hold(keys: string[]): () => void {
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      for (const key of keys) this.#release(key);
    };
  }

  isHeld(key: string): boolean {
    return this.#counts.has(key);
  }

  #release(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }
}

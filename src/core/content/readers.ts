/**
 * The blobs that readers in this process use. Of content in parts only one blob is open at a time, and the others must
 * still exist when they are opened.
 */
export class Readers {
  readonly #counts = new Map<string, number>();

  /** Holds blobs until the returned function is called. Calling it again does nothing. */
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

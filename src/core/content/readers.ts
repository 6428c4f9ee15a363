import type { Timers } from '../ports/clock.ts';

type ReadersLimit = {
  /** How long a reader may use blobs (ms): later, another process removes them. No limit if only this one does. */
  longest: number | undefined;
  timers: Timers;
};

/**
 * The blobs that readers in this process use. Of content in parts only one blob is open at a time, and the others must
 * still exist when they are opened.
 */
export class Readers {
  readonly #counts = new Map<string, number>();

  readonly #limit: ReadersLimit | undefined;

  constructor(limit?: ReadersLimit) {
    this.#limit = limit;
  }

  /**
   * Holds blobs until the returned function is called. Calling it again does nothing.
   *
   * @param onLimit Called when the blobs have been held for as long as possible.
   */
  hold(keys: string[], onLimit: () => void = () => undefined): () => void {
    const { longest, timers } = this.#limit ?? {};
    const stopTimer = longest === undefined ? undefined : timers?.every(longest, onLimit);
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      stopTimer?.();
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

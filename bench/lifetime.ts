type Ending = () => Promise<void> | void;

/** What a benchmark started or made, and what must be gone when it ends, however it ends: last in, first out. */
export class Lifetime {
  readonly #endings: Ending[] = [];
  #ended = false;

  /** After the end, what comes late (from work that was given up) is undone at once. */
  onEnd(ending: Ending): void {
    this.#endings.push(ending);
    if (this.#ended) void this.end();
  }

  /** Undoes everything, also what comes after something that failed to be undone. */
  async end(): Promise<void> {
    this.#ended = true;
    for (let ending = this.#endings.pop(); ending !== undefined; ending = this.#endings.pop()) {
      try {
        await ending();
      } catch (error) {
        process.stderr.write(`while cleaning up: ${error}\n`);
      }
    }
  }

  /** Runs something with a lifetime of its own, which ends with it, or with this one where that is sooner. */
  async during<Result>(work: (inner: Lifetime) => Promise<Result>): Promise<Result> {
    const inner = new Lifetime();
    this.onEnd(() => inner.end());
    try {
      return await work(inner);
    } finally {
      await inner.end();
    }
  }
}

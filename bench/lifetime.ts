type Ending = () => Promise<void> | void;

/** The cleanups of a benchmark, such as stopping servers and deleting files. They always run, last in, first out. */
export class Lifetime {
  readonly #endings: Ending[] = [];
  #ended = false;

  /** After the end, a cleanup that is added late (by aborted work) runs at once. */
  onEnd(ending: Ending): void {
    this.#endings.push(ending);
    if (this.#ended) void this.end();
  }

  /** Runs all cleanups, even if one of them fails. */
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

  /** Runs `work` with a nested lifetime, which ends with the work or with this lifetime. */
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

/** The window of the average (milliseconds): it follows the network without short fluctuations. */
const windowMs = 5000;

/** The recent speed of an upload. */
export class Rate {
  #samples: { at: number; bytes: number }[] = [];

  /** @returns bytes per second; undefined until there are enough samples */
  observe(bytes: number, at: number): number | undefined {
    // The count falls if bytes have to be sent again, and the measurement restarts.
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) > windowMs) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || at - first.at < 500) return undefined;
    return ((bytes - first.bytes) / (at - first.at)) * 1000;
  }
}

/** Over how long the speed is taken (milliseconds): it shall follow the network, and not every breath of it. */
const windowMs = 5000;

/** How fast bytes go, lately. */
export class Rate {
  #samples: { at: number; bytes: number }[] = [];

  /** @returns bytes per second; undefined until it can be told */
  observe(bytes: number, at: number): number | undefined {
    // What has to be sent again makes it less than it was: then it is measured anew.
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) > windowMs) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || at - first.at < 500) return undefined;
    return ((bytes - first.bytes) / (at - first.at)) * 1000;
  }
}

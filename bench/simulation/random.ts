/** Random numbers from 0 to 1 (exclusive) that are the same for each run with a seed: SplitMix32. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Time to the next of events that come at random, `rate` of them in a unit of time on average. */
export function exponential(random: () => number, rate: number): number {
  return -Math.log(1 - random()) / rate;
}

import type { Timers } from '../ports/clock.ts';
import type { CountDescriptors } from '../ports/descriptors.ts';

/** Beyond this part of the limit new requests are refused: the stores need descriptors for those under way. */
const maxInUse = 0.8;
/** How often they are counted (ms). */
const countEvery = 500;

/** Whether the process has descriptors left for more connections. */
export class Descriptors {
  readonly #count: CountDescriptors;
  #isScarce = false;
  #isCounting = false;

  constructor(count: CountDescriptors) {
    this.#count = count;
  }

  get areScarce(): boolean {
    return this.#isScarce;
  }

  /**
   * Counts from now on. @returns Stops counting.
   *
   * @param whileScarce Called with each count while descriptors are scarce, and whether they have just become so.
   */
  watch(timers: Timers, whileScarce?: (begins: boolean) => void): () => void {
    return timers.every(countEvery, () => {
      if (this.#isCounting) return;
      this.#isCounting = true;
      this.#count()
        .then((count) => {
          const wasScarce = this.#isScarce;
          this.#isScarce = count !== undefined && count.open >= maxInUse * count.limit;
          if (this.#isScarce) whileScarce?.(!wasScarce);
        })
        .finally(() => {
          this.#isCounting = false;
        });
    });
  }
}

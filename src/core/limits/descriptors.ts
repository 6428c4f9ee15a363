import type { Timers } from '../ports/clock.ts';
import type { CountDescriptors } from '../ports/limits/budget.ts';

/** Above this share of the limit, new requests are refused: the stores need descriptors for the current ones. */
const maxInUse = 0.8;
/** Milliseconds. */
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
   * Counts descriptors until the returned function is called.
   *
   * @param whileScarce Called after each count while descriptors are scarce; `begins` is true for the first one.
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

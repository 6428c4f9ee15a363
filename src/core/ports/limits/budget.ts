import type { MaybePromise } from '../maybe-promise.ts';

/**
 * The outcome of a request: the amount was taken, the budget has too little left, or the holder would exceed its share.
 */
export type BudgetOutcome = 'taken' | 'full' | 'share_exceeded';

export type BudgetSizes = {
  /** The maximum for all holders together. */
  total: number;
  /** The maximum for one holder. */
  share: number;
};

/** The number of open file descriptors of this process, and its limit; undefined if unknown. */
export type CountDescriptors = () => Promise<{ open: number; limit: number } | undefined>;

/**
 * A bounded amount of bytes or places that all holders share. Take before use, give back afterwards. An implementation
 * for one process returns synchronously; one that several nodes share may return a promise.
 */
export interface Budget {
  /** Takes all of `amount` for a holder, or nothing. */
  take(holder: string, amount: number): MaybePromise<BudgetOutcome>;

  /** Returns what was taken. The amount must not exceed what the holder has. */
  giveBack(holder: string, amount: number): void;
}

/**
 * What became of a request for a part of a budget: it was taken, the budget has too little left for anybody, or
 * the holder would have more than its share.
 */
export type BudgetOutcome = 'taken' | 'full' | 'share_exceeded';

export type BudgetSizes = {
  /** What all holders may have together. */
  total: number;
  /** What one holder may have. */
  share: number;
};

/**
 * A bounded amount of something, in bytes or places, that all holders share. Take before use, give back after
 * it. Implementations for one process answer at once; one that several nodes share may answer later.
 */
export interface Budget {
  /** Takes all of `amount` for a holder, or nothing. */
  take(holder: string, amount: number): BudgetOutcome | Promise<BudgetOutcome>;

  /** Returns what was taken. The amount must not exceed what the holder has. */
  giveBack(holder: string, amount: number): void;
}

/** Uses an outcome at once where it is known, so that budgets of one process cost no promise. */
export function chain<Outcome, T>(
  outcome: Outcome | Promise<Outcome>,
  use: (outcome: Outcome) => T,
): T | Promise<Awaited<T>> {
  return (outcome instanceof Promise ? outcome.then(use) : use(outcome)) as T | Promise<Awaited<T>>;
}

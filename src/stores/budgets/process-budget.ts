import type { Budget, BudgetOutcome, BudgetSizes } from '../../core/ports/limits/budget.ts';

/** A budget of this process. It keeps no holder that has given everything back. */
export class ProcessBudget implements Budget {
  readonly #sizes: BudgetSizes;
  readonly #held = new Map<string, number>();
  #taken = 0;

  constructor(sizes: BudgetSizes) {
    this.#sizes = sizes;
  }

  /** The current amount of all holders. */
  get taken(): number {
    return this.#taken;
  }

  take(holder: string, amount: number): BudgetOutcome {
    const held = (this.#held.get(holder) ?? 0) + amount;
    if (held > this.#sizes.share) return 'share_exceeded';
    if (this.#taken + amount > this.#sizes.total) return 'full';
    this.#taken += amount;
    this.#held.set(holder, held);
    return 'taken';
  }

  giveBack(holder: string, amount: number): void {
    const held = (this.#held.get(holder) ?? 0) - amount;
    if (held < 0) throw new RangeError('a holder gave back more than it had');
    this.#taken -= amount;
    if (held === 0) this.#held.delete(holder);
    else this.#held.set(holder, held);
  }
}

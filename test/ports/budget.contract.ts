import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Budget } from '../../src/core/ports/limits/budget.ts';

type Sizes = { total: number; share: number };

/** The contract of every budget (`src/core/ports/limits/budget.ts`). */
export function budgetContract(name: string, open: (sizes: Sizes) => Promise<Budget>): void {
  describe(`the budget of ${name}`, () => {
    test('gives until it is full, and again after something was given back', async () => {
      const budget = await open({ total: 10, share: 10 });
      expect(await budget.take('a', 6)).toBe('taken');
      expect(await budget.take('b', 5)).toBe('full');
      expect(await budget.take('b', 4)).toBe('taken');
      budget.giveBack('a', 6);
      expect(await budget.take('c', 6)).toBe('taken');
    });

    test('keeps each holder within its share while others are served', async () => {
      const budget = await open({ total: 100, share: 10 });
      expect(await budget.take('a', 10)).toBe('taken');
      expect(await budget.take('a', 1)).toBe('share_exceeded');
      expect(await budget.take('b', 10)).toBe('taken');
    });

    test('refuses the return of more than a holder has', async () => {
      const budget = await open({ total: 10, share: 10 });
      await budget.take('a', 3);
      expect(() => budget.giveBack('a', 4)).toThrow(RangeError);
    });

    test('takes all of an amount or nothing', async () => {
      const budget = await open({ total: 10, share: 10 });
      expect(await budget.take('a', 11)).toBe('share_exceeded');
      expect(await budget.take('b', 10)).toBe('taken');
    });

    test('never gives 16 callers at once more than there is', async () => {
      const budget = await open({ total: 8, share: 3 });
      const callers = Array.from({ length: 16 }, (_, index) => `holder ${index % 4}`);
      const outcomes = await Promise.all(callers.map((holder) => budget.take(holder, 1)));
      expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(8);
    });

    test('agrees with a plain sum after any sequence of takes and returns', async () => {
      const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 12 })));
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const budget = await open({ total: 30, share: 15 });
          const held: Record<string, number> = { a: 0, b: 0, c: 0 };
          for (const [holder, amount] of sequence) {
            const had = held[holder] ?? 0;
            const sum = Object.values(held).reduce((total, each) => total + each, 0);
            const fits = had + amount <= 15 && sum + amount <= 30;
            expect((await budget.take(holder, amount)) === 'taken').toBe(fits);
            if (fits) held[holder] = had + amount;
            else if (had > 0) {
              budget.giveBack(holder, had);
              held[holder] = 0;
            }
          }
        }),
      );
    });
  });
}

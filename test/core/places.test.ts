import { beforeEach, describe, expect, test } from 'bun:test';
import { Places } from '../../src/core/places.ts';
import { ProcessBudget } from '../../src/stores/budgets/process-budget.ts';
import { failureOf } from './failure-of.ts';
import { SettableTime } from './settable-time.ts';

let time: SettableTime;
let budget: ProcessBudget;
let places: Places;

beforeEach(() => {
  time = new SettableTime();
  budget = new ProcessBudget({ total: 2, share: 1 });
  places = new Places(budget, time.timers, 'being tested');
});

describe('a place', () => {
  test('is taken at once where there is one, and given back once', async () => {
    const giveBack = await places.take('a');
    expect(budget.taken).toBe(1);
    giveBack();
    giveBack();
    expect(budget.taken).toBe(0);
  });

  test('is waited for, in turn; a holder with its share lets others pass', async () => {
    const entered: string[] = [];
    const enter = (holder: string) =>
      places.take(holder).then((giveBack) => {
        entered.push(holder);
        return giveBack;
      });
    const first = await enter('a');
    const waiting = [enter('a'), enter('b'), enter('c')] as const;
    await time.advance(0);
    expect(entered).toEqual(['a', 'b']);
    first();
    const second = await waiting[0];
    (await waiting[1])();
    const third = await waiting[2];
    expect(entered).toEqual(['a', 'b', 'a', 'c']);
    second();
    third();
    expect(budget.taken).toBe(0);
    expect(time.running).toBe(0);
  });

  test('that does not come free is refused after ten seconds, with a time to try again', async () => {
    const giveBack = await places.take('a');
    const refused = failureOf(() => places.take('a'));
    // It waits as soon as it has asked.
    await time.advance(0);
    await time.advance(10_000);
    expect(await refused).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 5 });
    giveBack();
    expect(budget.taken).toBe(0);
    expect(time.running).toBe(0);
  });

  test('is refused at once where 64 wait already', async () => {
    const giveBack = await places.take('a');
    const waiting = Array.from({ length: 64 }, () => places.take('a'));
    await time.advance(0);
    expect((await failureOf(() => places.take('a'))).code).toBe('rate_limited');
    giveBack();
    for (const taken of waiting) (await taken)();
    expect(budget.taken).toBe(0);
  });
});

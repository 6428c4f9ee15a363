import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { DueDelivery } from '../../src/core/ports/webhooks/outbox.ts';
import { type DeliveryCall, DeliveryTurns } from '../../src/core/webhooks/delivery-turns.ts';

const now = 1_000_000;

/** Deliveries to `count` webhooks of an account. */
const dueOf = (accountId: string, count: number): DueDelivery[] =>
  Array.from({ length: count }, (_, n) => {
    const webhookId = `${accountId}${n}`;
    return { id: `delivery to ${webhookId}`, webhookId, accountId };
  });

const accountsOf = (chosen: DueDelivery[]) => chosen.map(({ accountId }) => accountId);
const callsOf = (chosen: DueDelivery[], since = now): DeliveryCall[] =>
  chosen.map((delivery) => ({ ...delivery, since }));

// The numbers are those of docs/budgets.md: 16 places, a quarter for one account, slow receivers apart.
describe('of the places for deliveries', () => {
  test('one account has at most four', () => {
    const turns = new DeliveryTurns();
    const first = turns.choose(dueOf('a', 20), [], now);
    expect(first).toHaveLength(4);
    expect(turns.choose(dueOf('a', 20), callsOf(first), now)).toEqual([]);
  });

  test('all are used if enough accounts need them', () => {
    const due = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((account) => dueOf(account, 20));
    const chosen = accountsOf(new DeliveryTurns().choose(due, [], now));
    expect(chosen).toHaveLength(16);
    expect(chosen.slice(0, 12)).toEqual([...'abcdefabcdef']);
  });

  test('the next goes to the account whose turn was longest ago, even if others are due for longer', () => {
    const turns = new DeliveryTurns();
    const backlog = [...'abcdefghijklmnop'].flatMap((account) => dueOf(account, 20));
    let calls = callsOf(turns.choose(backlog, [], now));
    const served: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      calls = calls.slice(1);
      const chosen = turns.choose([...backlog, ...dueOf('new', 3)], calls, now);
      served.push(...accountsOf(chosen));
      calls.push(...callsOf(chosen));
    }
    expect(served).toEqual(['new', 'a', 'b']);
  });

  test('slow and failing receivers have eight, and two of the four of one account', () => {
    const turns = new DeliveryTurns();
    const slow = [...'abcdefgh'].flatMap((account) => dueOf(account, 4));
    for (const [index, { webhookId }] of slow.entries()) turns.note(webhookId, index % 2 === 0, 2001);
    const chosen = turns.choose(slow, [], now);
    expect(chosen).toHaveLength(8);
    const prompt = { id: 'prompt', webhookId: 'prompt', accountId: 'a' };
    expect(turns.choose([...slow, prompt], callsOf(chosen), now)).toEqual([prompt]);
    expect(turns.choose(dueOf('a', 4), [], now)).toHaveLength(2);
  });

  test('a receiver is slow after 2 s, also before its response, until it answers in time again', () => {
    const turns = new DeliveryTurns();
    const [delivery] = dueOf('a', 1);
    if (delivery === undefined) throw new Error('there is none');
    const others = dueOf('b', 2);
    const slowCalls = Array.from({ length: 8 }, (_, n) => ({
      webhookId: `s${n}`,
      accountId: `s${n}`,
      since: 0,
    }));
    turns.note('b0', false, 1);
    expect(turns.choose([...others, delivery], slowCalls, now).map(({ webhookId }) => webhookId)).toEqual([
      'b1',
      'a0',
    ]);
    turns.note('b0', true, 2000);
    expect(turns.choose(others, slowCalls, now)).toHaveLength(2);
  });

  test('the failure of a receiver is reported once, slow or not, until a delivery succeeds', () => {
    const turns = new DeliveryTurns();
    const notes: [isDelivered: boolean, duration: number][] = [
      [true, 2001],
      [false, 1],
      [false, 1],
      [true, 2001],
      [false, 1],
      [true, 1],
      [false, 5000],
    ];
    expect(notes.map((note) => turns.note('w', ...note))).toEqual([
      false,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  test('every choice stays within the bounds, and no delivery is chosen twice', () => {
    const call = fc.record({ account: fc.nat(5), webhook: fc.nat(9), isSlow: fc.boolean() });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 100 }), fc.nat(16), (all, running) => {
        const turns = new DeliveryTurns();
        const byWebhook = new Map(
          all.map(({ account, webhook, isSlow }) => {
            const webhookId = `${account} ${webhook}`;
            if (isSlow) turns.note(webhookId, false, 0);
            return [webhookId, { id: webhookId, webhookId, accountId: `${account}`, isSlow }];
          }),
        );
        const due = [...byWebhook.values()];
        const before = turns.choose(due, [], now).slice(0, running);
        const others = due.filter((delivery) => !before.includes(delivery));
        const chosen = [...before, ...turns.choose(others, callsOf(before), now)];
        expect(new Set(chosen.map(({ webhookId }) => webhookId)).size).toBe(chosen.length);
        expect(chosen.length).toBeLessThanOrEqual(16);
        for (let account = 0; account < 6; account += 1)
          expect(accountsOf(chosen).filter((each) => each === `${account}`).length).toBeLessThanOrEqual(4);
      }),
    );
  });
});

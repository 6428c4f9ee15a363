import { describe, expect, test } from 'bun:test';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { someAccount } from '../ports/some-object.ts';
import { callerOf, freeRemoteCalls } from './remote-calls-scene.ts';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const forEver = () => new Promise<never>(() => undefined);

/** The number of these calls that begin, none of which ends. */
async function begunOf(calls: { account: StoredAccount; address: string }[]): Promise<number> {
  const remoteCalls = freeRemoteCalls();
  let begun = 0;
  for (const caller of calls) {
    const begin = () => {
      begun += 1;
      return forEver();
    };
    remoteCalls.during(caller, begin).catch(() => undefined);
  }
  await settled();
  return begun;
}

const guest = (n: number) => ({ ...someAccount(), id: `guest ${n}`, name: null, plan: 'guest' });
const customer = (n: number) => ({ ...someAccount(), id: `account ${n}`, name: `c${n}`, plan: 'unlimited' });
const many = Array.from({ length: 60 }, (_, n) => n);

// The numbers are those of docs/budgets.md.
describe('of the calls that clients wait for', () => {
  test('32 run at once', async () => {
    expect(await begunOf(many.map((n) => callerOf(customer(n), `192.0.2.${n}`)))).toBe(32);
  });

  test('one address has two, with any accounts', async () => {
    expect(await begunOf(many.map((n) => callerOf(guest(n))))).toBe(2);
    expect(await begunOf(many.map((n) => callerOf(customer(n))))).toBe(2);
  });

  test('one account has two, from any addresses', async () => {
    expect(await begunOf(many.map((n) => callerOf(customer(1), `192.0.2.${n}`)))).toBe(2);
  });

  test('all anonymous callers together have a quarter: guests and claimed accounts', async () => {
    const claimed = (n: number) => ({ ...guest(n), plan: 'free' });
    const anonymous = many.map((n) => callerOf(n % 2 ? guest(n) : claimed(n), `192.0.2.${n}`));
    expect(await begunOf(anonymous)).toBe(8);
    const withCustomers = [...anonymous, ...many.map((n) => callerOf(customer(n), `198.51.100.${n}`))];
    expect(await begunOf(withCustomers)).toBe(32);
  });

  test('waiting anonymous callers do not keep an account from waiting', async () => {
    const remoteCalls = freeRemoteCalls();
    const refused: string[] = [];
    const start = (of: (n: number) => StoredAccount, n: number) => {
      const caller = callerOf(of(n), `${of(n).id} of its own`);
      remoteCalls.during(caller, forEver).catch(() => refused.push(caller.account.plan));
    };
    for (const n of many) start(guest, n);
    await settled();
    expect(refused).toHaveLength(60 - 8 - 16);
    for (const n of many) start(customer, n);
    await settled();
    expect(refused.filter((plan) => plan !== 'guest')).toEqual([]);
    for (const n of many) start((count) => customer(count + 60), n);
    await settled();
    expect(refused.filter((plan) => plan !== 'guest')).toHaveLength(120 - 24 - 48);
  });

  test('an account that the operator named is not anonymous under any plan', async () => {
    const named = (n: number) => ({ ...customer(n), plan: 'free' });
    expect(await begunOf(many.map((n) => callerOf(named(n), `192.0.2.${n}`)))).toBe(32);
  });
});

import { describe, expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RateLimiter } from '../../src/core/ports/limits/rate-limiter.ts';
import { waitFor } from '../support/wait-for.ts';

/** A limit of `points` calls in `duration` seconds. The counters of different prefixes are independent. */
type Limit = { keyPrefix: string; points: number; duration: number };

let prefixes = 0;

/** A limit that no other test counts in, even in a shared Redis. */
export function limitOf(points: number, duration = 60): Limit {
  prefixes += 1;
  return { keyPrefix: `test:${process.pid}:${Date.now()}:${prefixes}`, points, duration };
}

/** The contract of every limiter (`src/core/ports/limits/rate-limiter.ts`). */
export function rateLimiterContract(name: string, open: (limit: Limit) => Promise<RateLimiter>): void {
  describe(name, () => {
    test('counts down, and refuses calls beyond the limit', async () => {
      const limiter = await open(limitOf(3));
      const verdicts = [];
      for (let call = 0; call < 5; call += 1) verdicts.push(await limiter.consume('client'));
      expect(verdicts.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0],
        [false, 0],
      ]);
      expect(verdicts.every(({ limit }) => limit === 3)).toBe(true);
    });

    test('is exact under 500 concurrent calls of one key', async () => {
      const limiter = await open(limitOf(100));
      const verdicts = await Promise.all(Array.from({ length: 500 }, () => limiter.consume('client')));
      expect(verdicts.filter(({ allowed }) => allowed).length).toBe(100);
      const remaining = verdicts.filter(({ allowed }) => allowed).map((verdict) => verdict.remaining);
      expect(remaining.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
      expect((await limiter.consume('client')).allowed).toBe(false);
    });

    test('is exact under 500 concurrent calls of many keys', async () => {
      const limiter = await open(limitOf(7));
      const keys = Array.from({ length: 50 }, (_, n) => `2001:db8:0:${n}::/64`);
      const calls = Array.from({ length: 500 }, (_, n) => keys[n % 50] ?? '');
      const verdicts = await Promise.all(calls.map((key) => limiter.consume(key)));
      for (const key of keys)
        expect(verdicts.filter(({ allowed }, n) => allowed && calls[n] === key).length).toBe(7);
    });

    test('returns the end of the window, the same for all its calls', async () => {
      const limiter = await open(limitOf(2, 10));
      const before = Date.now();
      const verdicts = [];
      for (let call = 0; call < 3; call += 1) verdicts.push(await limiter.consume('client'));
      const resets = verdicts.map(({ resetAt }) => resetAt);
      // Redis returns the rest of the window, and the response takes time.
      for (const reset of resets) {
        expect(reset).toBeGreaterThanOrEqual(before + 10_000 - 50);
        expect(reset).toBeLessThanOrEqual(Date.now() + 10_000);
      }
      expect(Math.max(...resets) - Math.min(...resets)).toBeLessThan(1000);
    });

    test('starts a new window when one has ended', async () => {
      const limiter = await open(limitOf(1, 1));
      const first = await limiter.consume('client');
      expect((await limiter.consume('client')).allowed).toBe(false);
      const renewed = await waitFor('a new window', async () => {
        const verdict = await limiter.consume('client');
        return verdict.allowed && verdict;
      });
      expect(Date.now()).toBeGreaterThanOrEqual(first.resetAt - 50);
      expect(renewed.resetAt).toBeGreaterThan(first.resetAt);
    });

    test('look counts no call, and returns what the next call will get', async () => {
      const limiter = await open(limitOf(3));
      for (let calls = 0; calls < 3; calls += 1) {
        const looked = Array.from({ length: 20 }, () => limiter.look('client'));
        const verdict = await limiter.consume('client');
        expect(verdict.remaining).toBe(2 - calls);
        // A remote limiter does not know.
        for (const look of looked)
          if (look !== undefined)
            expect(look).toMatchObject({ limit: 3, remaining: 3 - calls, allowed: true });
      }
      expect(limiter.look('client')?.remaining ?? 0).toBe(0);
      expect((await limiter.consume('client')).allowed).toBe(false);
    });

    test('a refusal does not extend the window', async () => {
      const limiter = await open(limitOf(1, 10));
      const first = await limiter.consume('client');
      // More than the time of a response, which makes a time of Redis seem later.
      await sleep(1500);
      const refused = await Promise.all(Array.from({ length: 50 }, () => limiter.consume('client')));
      for (const { resetAt } of refused) expect(resetAt).toBeLessThan(first.resetAt + 1000);
    });

    test('counts two limits separately', async () => {
      const [one, other] = [await open(limitOf(1)), await open(limitOf(1))];
      await one.consume('client');
      expect((await other.consume('client')).allowed).toBe(true);
      expect((await one.consume('client')).allowed).toBe(false);
    });
  });
}

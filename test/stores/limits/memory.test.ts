import { describe, expect, test } from 'bun:test';
import { MemoryRateLimiter } from '../../../src/stores/limits/memory.ts';
import { limitOf, rateLimiterContract } from '../../ports/rate-limiter.contract.ts';
import { checkout } from '../../support/parts.ts';
import { startProcess } from '../../support/running-process.ts';

rateLimiterContract('limits in the process', async (settings) => new MemoryRateLimiter(settings, Date.now));

const day = 86_400;

/** A limiter of two calls, whose clock the test sets. */
function limiterWithClock(seconds: number, maxWindows?: number) {
  const time = { now: Date.UTC(2025, 2, 1) };
  const limiter = new MemoryRateLimiter(limitOf(2, seconds), () => time.now, maxWindows);
  return { time, limiter };
}

describe('the windows in the process', () => {
  test('last to the millisecond that they reported', async () => {
    const { time, limiter } = limiterWithClock(day);
    const { resetAt } = await limiter.consume('client');
    expect(resetAt).toBe(Date.UTC(2025, 2, 2));
    await limiter.consume('client');
    time.now = resetAt - 1;
    expect(await limiter.consume('client')).toMatchObject({ allowed: false, resetAt });
    time.now = resetAt;
    expect(await limiter.consume('client')).toMatchObject({ allowed: true, remaining: 1 });
  });

  test('can be read without a call, even before they begin', async () => {
    const { time, limiter } = limiterWithClock(day);
    const ends = { limit: 2, resetAt: time.now + day * 1000 };
    expect(limiter.look('client')).toEqual({ allowed: true, remaining: 2, ...ends });
    await limiter.consume('client');
    time.now += 1000;
    for (let look = 0; look < 3; look += 1)
      expect(limiter.look('client')).toEqual({ allowed: true, remaining: 1, ...ends });
    expect(limiter.size).toBe(1);
  });

  test('can last for months, which no timer could', async () => {
    const { time, limiter } = limiterWithClock(60 * day);
    for (let call = 0; call < 2; call += 1) await limiter.consume('client');
    time.now += 59 * day * 1000;
    expect((await limiter.consume('client')).allowed).toBe(false);
  });

  test('continue while others begin', async () => {
    const { time, limiter } = limiterWithClock(day);
    time.now += (day - 1) * 1000;
    for (let call = 0; call < 2; call += 1) await limiter.consume('client');
    for (let hour = 0; hour < 23; hour += 1) {
      time.now += 3_600_000;
      await limiter.consume(`another ${hour}`);
      expect((await limiter.consume('client')).allowed).toBe(false);
    }
  });

  test('that have ended are forgotten', async () => {
    const { time, limiter } = limiterWithClock(day);
    for (let n = 0; n < 1000; n += 1) await limiter.consume(`2001:db8:0:${n}::/64`);
    expect(limiter.size).toBe(1000);
    for (let passed = 0; passed < 2; passed += 1) {
      time.now += day * 1000;
      await limiter.consume('somebody else');
    }
    expect(limiter.size).toBeLessThanOrEqual(2);
  });

  test('are bounded in number, and the latest are kept', async () => {
    const { limiter } = limiterWithClock(day, 100);
    for (let n = 0; n < 10_000; n += 1) {
      await limiter.consume(`client ${n}`);
      expect(limiter.size).toBeLessThanOrEqual(200);
    }
    for (let n = 9_901; n < 10_000; n += 1)
      expect(await limiter.consume(`client ${n}`)).toMatchObject({ allowed: true, remaining: 0 });
  });

  test('are not prolonged by a clock that is set back', async () => {
    const { time, limiter } = limiterWithClock(60);
    for (let call = 0; call < 3; call += 1) await limiter.consume('client');
    time.now -= 3_600_000;
    const { allowed, resetAt } = await limiter.consume('client');
    expect([allowed, resetAt]).toEqual([true, time.now + 60_000]);
  });

  test('keep no process alive', async () => {
    const script = `
      import { MemoryRateLimiter } from './src/stores/limits/memory.ts';
      const limiter = new MemoryRateLimiter({ keyPrefix: '', points: 1, duration: ${day} }, Date.now);
      for (let n = 0; n < 100; n += 1) await limiter.consume(String(n));
      console.log(limiter.size);`;
    const child = startProcess(process.execPath, ['--no-env-file', '-e', script], { cwd: checkout });
    expect([await child.exited, child.output()]).toEqual([0, '100\n']);
  });
});

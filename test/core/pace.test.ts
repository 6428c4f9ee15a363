import { describe, expect, test } from 'bun:test';
import { Pace, patienceFor } from '../../src/core/bodies/pace.ts';

const KiB = 1024;

/** A body sends `bytes` after each wait of `every` ms. @returns When it became too slow (ms), or undefined */
function endOf(pace: Pace, bytes: number, every: number, until: number): number | undefined {
  for (let now = 0; now < until; now += every) {
    pace.wait(now);
    for (let passed = 0; passed < every; passed += 1000)
      if (pace.isTooSlow(now + passed)) return now + passed;
    pace.arrived(bytes, now + every);
  }
  return undefined;
}

describe('the pace of a body with a length', () => {
  test.each([
    ['1 KiB in each second', KiB, 1000],
    ['10 KiB every ten seconds', 10 * KiB, 10_000],
    ['20 KB every five seconds', 20_000, 5000],
    ['30 KiB every 30 seconds', 30 * KiB, 30_000],
  ])('is sufficient at %s, for any time', (_, bytes, every) => {
    expect(endOf(new Pace(false), bytes, every, 600_000)).toBeUndefined();
  });

  test.each([
    ['nothing at all', 0, 1000],
    ['a byte in each second', 1, 1000],
    ['900 bytes in each second', 900, 1000],
  ])('is too slow after 30 seconds with %s', (_, bytes, every) => {
    expect(endOf(new Pace(false), bytes, every, 600_000)).toBe(30_000);
  });

  test('is too slow 30 seconds after a burst, however large that was', () => {
    const pace = new Pace(false);
    pace.wait(0);
    pace.arrived(100 * KiB * KiB, 10);
    pace.wait(10);
    expect(pace.isTooSlow(29_000)).toBe(false);
    expect(pace.isTooSlow(32_000)).toBe(true);
  });

  test('is measured only while the server waits for bytes', () => {
    const pace = new Pace(false);
    for (let now = 0; now < 3_600_000; now += 60_000) {
      pace.wait(now);
      pace.arrived(2 * KiB, now + 1000);
      // A store needs the rest of the minute.
      expect(pace.isTooSlow(now + 59_000)).toBe(false);
    }
  });

  test('is that of the last ten seconds if bodies are compared', () => {
    const pace = new Pace(false);
    pace.wait(0);
    pace.arrived(1000 * KiB, 1000);
    expect(pace.recentRate(1000)).toBe(1000 * KiB);
    pace.wait(1000);
    expect(pace.recentRate(5000)).toBe(200 * KiB);
    expect(pace.recentRate(60_000)).toBe(0);
  });

  test('is not compared in the first second, because one chunk says nothing', () => {
    const pace = new Pace(false);
    expect(pace.recentRate(0)).toBe(Number.POSITIVE_INFINITY);
    pace.wait(0);
    pace.arrived(16 * KiB, 5);
    pace.wait(5);
    expect(pace.recentRate(999)).toBe(Number.POSITIVE_INFINITY);
    expect(pace.recentRate(1000)).toBe(16 * KiB);
  });

  test('is not affected by a clock that is set back', () => {
    const pace = new Pace(false);
    pace.wait(100_000);
    expect(pace.isTooSlow(0)).toBe(false);
  });
});

describe('the pace of a pipe', () => {
  test('allows repeated silence of 100 seconds', () => {
    expect(endOf(new Pace(true), 1, 100_000, 1_000_000)).toBeUndefined();
  });

  test('does not allow 120 seconds without a byte', () => {
    expect(endOf(new Pace(true), 1, 200_000, 1_000_000)).toBe(120_000);
  });
});

test('a body that is read in one call has 30 seconds, or the time for 1 KiB in each second', () => {
  expect(patienceFor(0)).toBe(30_000);
  expect(patienceFor(30 * KiB)).toBe(30_000);
  expect(patienceFor(64 * KiB)).toBe(64_000);
});

import { describe, expect, test } from 'bun:test';
import { describeDuration, formatSize, parseDuration, parseSize } from '../../src/core/quantity.ts';

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['1024', 1024],
    ['1024B', 1024],
    ['64KiB', 65_536],
    ['10MiB', 10_485_760],
    ['5GiB', 5_368_709_120],
    ['1TiB', 1_099_511_627_776],
    ['64KB', 64_000],
    ['4MB', 4_000_000],
    ['1GB', 1_000_000_000],
    ['1TB', 1_000_000_000_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', '64kib', '64 KiB', '-1', '1.5MiB', 'MiB', '0x10', '1e3', '999999999999TiB', '64KiB\n'])(
    '%p is none',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

describe('sizes in words', () => {
  test.each([
    [0, '0TiB'],
    [1, '1B'],
    [1023, '1023B'],
    [1024, '1KiB'],
    [65_537, '65537B'],
    [10 * 1024 ** 2, '10MiB'],
    [1536 * 1024 ** 2, '1536MiB'],
  ])('%d bytes are %s, and read back', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
    expect(parseSize(text)).toBe(bytes);
  });
});

describe('durations', () => {
  test.each([
    ['0', 0],
    ['600', 600_000],
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ])('%s is %d milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['', '10ms', '10w', '1h30m', '-10m', '10 m', '1.5h', 'm', '999999999999d', '10m\n'])(
    '%p is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('a duration in words', () => {
  test.each([
    [2_591_994_329, '29 days 23 hours'],
    [365 * 86_400_000, '365 days'],
    [86_400_000 + 3_600_000 + 59_000, '1 day 1 hour'],
    [86_400_000 + 59_000, '1 day'],
    [90_000, '1 minute 30 seconds'],
    [1_999, '1 second'],
    [329, '0 seconds'],
  ])('of %d ms is rounded down to %s', (milliseconds, words) => {
    expect(describeDuration(milliseconds)).toBe(words);
  });
});

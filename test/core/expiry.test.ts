import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { decideExpiry, formatTime, isExpired } from '../../src/core/expiry.ts';
import { failureOf } from './failure-of.ts';
import { startOfTime } from './settable-time.ts';

const second = 1000;
const day = 86_400_000;
const now = startOfTime;
const limits = { defaultTtl: 7 * day, maxTtl: 365 * day };

const expiryOf = (expiryTime: string, from = now) => decideExpiry({ expiryTime }, from, limits);
const expiryAfter = (ttl: string | number) => decideExpiry({ ttl }, now, limits) - now;

describe('expiry', () => {
  test('is the default TTL if none is given', () => {
    expect(decideExpiry({}, now, limits)).toBe(now + 7 * day);
  });

  test.each([
    [600, 600 * second],
    ['600', 600 * second],
    ['90s', 90 * second],
    ['10m', 600 * second],
    ['2h', 7200 * second],
    ['7d', 7 * day],
    ['365d', 365 * day],
    ['1', second],
  ])('accepts the ttl %p', (ttl, milliseconds) => {
    expect(expiryAfter(ttl)).toBe(milliseconds);
  });

  test.each([
    ['', 'empty'],
    [0, 'nothing'],
    ['0d', 'nothing'],
    [-1, 'negative'],
    [1.5, 'a fraction'],
    ['10 m', 'a space'],
    [' 10m', 'a leading space'],
    ['10w', 'an unknown unit'],
    ['10M', 'an upper-case unit'],
    ['1h30m', 'two units'],
    ['1e3', 'an exponent'],
    ['٣', 'digits of another script'],
    [Number.NaN, 'not a number'],
    [Number.POSITIVE_INFINITY, 'no number'],
    ['never', 'a word'],
    ['366d', 'beyond the longest'],
    ['31536001', 'a second beyond the longest'],
    ['999999999999d', 'beyond all numbers'],
    [1e21, 'too large to be written in digits'],
  ])('rejects the ttl %p: %s', async (ttl) => {
    const failure = await failureOf(() => expiryAfter(ttl));
    expect(failure.code).toBe('invalid');
    expect(failure.field).toBe('ttl');
    expect(failure.message).toStartWith('ttl ');
  });

  test.each([
    ['2025-03-28T00:00:00Z', Date.UTC(2025, 2, 28)],
    ['2025-03-28t00:00:00z', Date.UTC(2025, 2, 28)],
    ['2025-03-28T00:00:00.5Z', Date.UTC(2025, 2, 28) + 500],
    ['2025-03-28T02:00:00+02:00', Date.UTC(2025, 2, 28)],
    ['2025-03-28T05:30:00+0530', Date.UTC(2025, 2, 28)],
    ['2025-03-27T19:00:00-05:00', Date.UTC(2025, 2, 28)],
    ['2025-03-28T00:00Z', Date.UTC(2025, 2, 28)],
  ])('accepts the time %s', (text, instant) => {
    expect(expiryOf(text)).toBe(instant);
  });

  test('knows which days exist', async () => {
    const january2028 = Date.UTC(2028, 0, 1);
    expect(expiryOf('2028-02-29T00:00:00Z', january2028)).toBe(Date.UTC(2028, 1, 29));
    for (const text of ['2026-02-29T00:00:00Z', '2025-04-31T00:00:00Z', '2025-13-01T00:00:00Z'])
      expect((await failureOf(() => expiryOf(text))).field).toBe('expiryTime');
  });

  test.each([
    ['2025-03-28T00:00:00', 'no offset'],
    ['2025-03-28', 'no time'],
    ['2025-03-28 00:00:00Z', 'a space for the T'],
    ['2025-03-28T25:00:00Z', 'an hour that does not exist'],
    ['2025-03-28T00:60:00Z', 'a minute that does not exist'],
    ['2025-03-28T00:00:00+25:00', 'an offset that does not exist'],
    ['2025-03-28T00:00:00Z[Europe/Berlin]', 'a zone'],
    ['20250328T000000Z', 'no separators'],
    ['+002025-03-28T00:00:00Z', 'a long year'],
    ['Fri, 28 Mar 2025 00:00:00 GMT', 'a date of HTTP'],
    ['1743120000', 'a number'],
    ['tomorrow', 'a word'],
    ['', 'empty'],
    [' 2025-03-28T00:00:00Z', 'a space'],
    ['2025-03-28T00:00:00Z\n', 'a line end'],
  ])('rejects the time %p: %s', async (text) => {
    const failure = await failureOf(() => expiryOf(text));
    expect(failure.code).toBe('invalid');
    expect(failure.field).toBe('expiryTime');
  });

  test('must be at least a millisecond in the future', async () => {
    expect(expiryOf('2025-03-01T00:00:00.001Z')).toBe(now + 1);
    for (const past of ['2025-03-01T00:00:00Z', '2025-02-28T23:59:59Z', '1970-01-01T00:00:00Z'])
      expect((await failureOf(() => expiryOf(past))).message).toBe('expiryTime must be in the future');
  });

  test('may be as late as the maximum TTL, and no later', async () => {
    expect(expiryOf('2026-03-01T00:00:00Z')).toBe(now + 365 * day);
    for (const far of ['2026-03-01T00:00:00.001Z', '9999-12-31T23:59:59Z'])
      expect((await failureOf(() => expiryOf(far))).message).toBe(
        'expiryTime must be at most 365 days from now',
      );
  });

  test('cannot be given twice', async () => {
    const both = { expiryTime: '2025-03-28T00:00:00Z', ttl: '10m' };
    expect((await failureOf(() => decideExpiry(both, now, limits))).code).toBe('invalid');
  });

  test('is after now and within the maximum, for any input', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double(), fc.integer(), fc.stringMatching(/^\d{1,6}[smhd]?$/)),
        (ttl) => {
          try {
            const after = expiryAfter(ttl);
            expect(after).toBeGreaterThan(0);
            expect(after).toBeLessThanOrEqual(limits.maxTtl);
          } catch (error) {
            expect(error).toHaveProperty('code', 'invalid');
          }
        },
      ),
    );
  });

  test('applies from its exact millisecond on', () => {
    expect(isExpired(now, now - 1)).toBe(false);
    expect(isExpired(now, now)).toBe(true);
    expect(isExpired(now, now + 1)).toBe(true);
  });
});

describe('times', () => {
  test('are shown with milliseconds only if those are not zero', () => {
    expect(formatTime(Date.UTC(2025, 2, 28))).toBe('2025-03-28T00:00:00Z');
    expect(formatTime(Date.UTC(2025, 2, 28, 12, 34, 56, 7))).toBe('2025-03-28T12:34:56.007Z');
    expect(formatTime(Date.UTC(2025, 2, 28, 12, 34, 56, 120))).toBe('2025-03-28T12:34:56.120Z');
  });

  test('are parsed as they were shown', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: limits.maxTtl }), (after) => {
        expect(expiryOf(formatTime(now + after))).toBe(now + after);
      }),
    );
  });
});

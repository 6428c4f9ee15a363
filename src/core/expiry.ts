import { invalid } from './failure.ts';
import { describeDuration, parseDuration, parseInstant } from './quantity.ts';

/** Durations in milliseconds. */
export type ExpiryLimits = { defaultTtl: number; maxTtl: number };

/** The expiry of a request: one of the two, or neither. */
export type ExpiryRequest = { expiryTime?: string; ttl?: string | number };

/**
 * Decides when content expires, for every API.
 *
 * @param now Milliseconds since the epoch.
 * @returns Milliseconds since the epoch, always after `now` and never past `now + maxTtl`.
 * @throws Failure `invalid` for an expiry that is malformed, in the past or too late: bad input must never keep
 *   content longer.
 */
export function decideExpiry(request: ExpiryRequest, now: number, limits: ExpiryLimits): number {
  if (request.expiryTime !== undefined && request.ttl !== undefined)
    throw invalid('ttl', 'cannot be combined with another expiry');
  if (request.expiryTime !== undefined) return readExpiryTime(request.expiryTime, now, limits.maxTtl);
  if (request.ttl !== undefined) return now + requireTtl(request.ttl, limits.maxTtl);
  return now + limits.defaultTtl;
}

/** Whether something must no longer be served: from the millisecond of its expiry on. Without an expiry, never. */
export function isExpired(expiresAt: number | null | undefined, now: number): boolean {
  return expiresAt != null && expiresAt <= now;
}

/** ISO 8601 in UTC with `Z`; milliseconds only if they are not zero (docs/contract/shared.md, "Values"). */
export function formatTime(milliseconds: number): string {
  const iso = new Date(milliseconds).toISOString();
  return milliseconds % 1000 === 0 ? `${iso.slice(0, 19)}Z` : iso;
}

function readExpiryTime(text: string, now: number, maxTtl: number): number {
  const expiresAt = parseInstant(text);
  if (expiresAt === undefined)
    throw invalid(
      'expiryTime',
      'must be an ISO 8601 date and time with an offset or Z, such as 2030-01-31T12:00:00Z',
    );
  if (isExpired(expiresAt, now)) throw invalid('expiryTime', 'must be in the future');
  if (expiresAt > now + maxTtl)
    throw invalid('expiryTime', `must be at most ${describeDuration(maxTtl)} from now`);
  return expiresAt;
}

/**
 * The expiry of content with this TTL (ms; null for as long as the account). Content never outlives its account.
 *
 * @returns Milliseconds since the epoch; null for never.
 */
export function endOf(ttl: number | null, now: number, accountEnd: number | null): number | null {
  if (ttl === null) return accountEnd;
  return Math.min(now + ttl, accountEnd ?? Number.POSITIVE_INFINITY);
}

/**
 * Parses a TTL: seconds, or a duration such as `10m`.
 *
 * @returns Milliseconds. @throws Failure `invalid`
 */
export function requireTtl(ttl: string | number, maxTtl: number): number {
  const milliseconds = parseDuration(String(ttl));
  if (milliseconds === undefined || milliseconds === 0)
    throw invalid('ttl', 'must be a whole number of seconds above 0, or a duration such as 90s, 10m, 2h, 7d');
  if (milliseconds > maxTtl) throw invalid('ttl', `must be at most ${maxTtl / 1000} seconds`);
  return milliseconds;
}

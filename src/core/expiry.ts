import { invalid } from './failure.ts';
import { describeDuration, parseDuration } from './quantity.ts';

/** How long things may live, in milliseconds. */
export type ExpiryLimits = { defaultTtl: number; maxTtl: number };

/** What a caller says of the expiry: one of the two, or neither. */
export type ExpiryRequest = { expiryTime?: string; ttl?: string | number };

/**
 * Decides when something expires, for every API.
 *
 * @param now Milliseconds since the epoch.
 * @returns Milliseconds since the epoch, always after `now` and never past `now + maxTtl`.
 * @throws Failure `invalid` for an expiry that is unreadable, in the past or too far off: bad input must
 *   never come to mean "keep it longer".
 */
export function decideExpiry(request: ExpiryRequest, now: number, limits: ExpiryLimits): number {
  if (request.expiryTime !== undefined && request.ttl !== undefined)
    throw invalid('ttl', 'cannot be given together with another expiry');
  if (request.expiryTime !== undefined) return readExpiryTime(request.expiryTime, now, limits.maxTtl);
  if (request.ttl !== undefined) return now + requireTtl(request.ttl, limits.maxTtl);
  return now + limits.defaultTtl;
}

/** Whether something may no longer be served, from the very millisecond of its expiry on. Without an expiry it always may. */
export function isExpired(expiresAt: number | null | undefined, now: number): boolean {
  return expiresAt != null && expiresAt <= now;
}

/** ISO 8601 in UTC with `Z`; milliseconds only where they are not zero (docs/contract/shared.md, "Values"). */
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

/** Temporal refuses dates that do not exist and times without an offset, which `Date.parse` lets through. */
function parseInstant(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T[\d:.,]+(?:Z|[+-]\d{2}:?\d{2})$/i.test(text)) return undefined;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/**
 * When something of an account ends that lives for `ttl` ms, or as long as the account where that is null.
 * Nothing of an account lives longer than the account.
 *
 * @returns Milliseconds since the epoch; null for never.
 */
export function endOf(ttl: number | null, now: number, accountEnd: number | null): number | null {
  if (ttl === null) return accountEnd;
  return Math.min(now + ttl, accountEnd ?? Number.POSITIVE_INFINITY);
}

/**
 * Reads a time to live: seconds, or a duration such as `10m`.
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

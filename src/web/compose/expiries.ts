const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const commonTtls = [10 * minute, hour, 6 * hour, day, 7 * day, 30 * day, 90 * day, 365 * day];

/** The TTLs to choose from (seconds): common ones, and the default and the maximum of the server. */
export function expiries(defaultTtl: number, maxTtl: number): number[] {
  const allowed = [...commonTtls, defaultTtl, maxTtl].filter((seconds) => seconds <= maxTtl);
  return [...new Set(allowed)].toSorted((one, other) => one - other);
}

/** A TTL in the format of the API: `10m`, `2h`, `7d`, `90s`. */
export function durationText(seconds: number): string {
  if (seconds % day === 0) return `${seconds / day}d`;
  if (seconds % hour === 0) return `${seconds / hour}h`;
  return seconds % minute === 0 ? `${seconds / minute}m` : `${seconds}s`;
}

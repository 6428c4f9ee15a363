const sizeUnits = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const;
const durationUnits = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Parses a size such as `64KiB`, `4MB` or `1024` (bytes). @returns Bytes, or undefined if it is malformed. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15})(B|[KMGT]i?B)?$/.exec(text);
  if (!match) return undefined;
  const bytes = Number(match[1]) * sizeUnits[(match[2] ?? 'B') as keyof typeof sizeUnits];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Parses a duration such as `90s`, `10m`, `2h`, `7d` or `600` (seconds). @returns Milliseconds, or undefined. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12})([smhd])?$/.exec(text);
  if (!match) return undefined;
  const milliseconds = Number(match[1]) * durationUnits[(match[2] ?? 's') as keyof typeof durationUnits];
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

/** Formats a duration for `parseDuration`, in the largest unit that gives a whole number. */
export function formatDuration(milliseconds: number): string {
  const units = Object.entries(durationUnits).toReversed();
  const [unit, length] = units.find(([, length]) => milliseconds % length === 0) ?? ['s', 1000];
  return `${milliseconds / length}${unit}`;
}

/** Describes a duration, rounded down to its two largest units: `29 days 23 hours`. */
export function describeDuration(milliseconds: number): string {
  const words = { d: 'day', h: 'hour', m: 'minute', s: 'second' } as const;
  let rest = milliseconds;
  const parts = Object.entries(words).map(([unit, word]) => {
    const length = durationUnits[unit as keyof typeof words];
    const count = Math.floor(rest / length);
    rest -= count * length;
    return { count, text: `${count} ${word}${count === 1 ? '' : 's'}` };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  const shown =
    first === -1 ? parts.slice(-1) : parts.slice(first, first + 2).filter(({ count }) => count > 0);
  return shown.map(({ text }) => text).join(' ');
}

/** Formats a size for `parseSize`, in the largest binary unit that gives a whole number. */
export function formatSize(bytes: number): string {
  const units = Object.entries(sizeUnits).filter(([unit]) => unit === 'B' || unit.includes('i'));
  const [unit, length] = units.toReversed().find(([, length]) => bytes % length === 0) ?? ['B', 1];
  return `${bytes / length}${unit}`;
}

/**
 * Parses an ISO 8601 date and time with an offset or `Z` (ms since the epoch). Temporal rejects impossible dates and times
 * without an offset, which `Date.parse` accepts.
 */
export function parseInstant(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T[\d:.,]+(?:Z|[+-]\d{2}:?\d{2})$/i.test(text)) return undefined;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return undefined;
  }
}

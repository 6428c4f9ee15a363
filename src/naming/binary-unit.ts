const prefixes = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const;

/**
 * A number of bytes in the largest unit that it fills, by powers of 1024: 1536 bytes are 1.5 `Ki`.
 *
 * @param full How many fill the next unit: less than 1024 if the caller rounds, so that it never shows 1024.
 */
export function inBinaryUnit(
  bytes: number,
  full = 1024,
): { amount: number; prefix: (typeof prefixes)[number] } {
  let amount = bytes;
  let prefix: (typeof prefixes)[number] = '';
  for (const next of prefixes.slice(1)) {
    if (amount < full) break;
    amount /= 1024;
    prefix = next;
  }
  return { amount, prefix };
}

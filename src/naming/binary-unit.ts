const prefixes = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const;

/**
 * A number of bytes in the largest unit that it fills, by powers of 1024: 1536 bytes are 1.5 `Ki`.
 *
 * @param full How many fill the next unit: less than 1024, because the caller rounds and must never show 1024.
 */
export function inBinaryUnit(
  bytes: number,
  full: number,
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

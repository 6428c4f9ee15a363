/**
 * The cost of the layout of a character, where a Latin letter costs 1. Combining marks are stacked, direction controls
 * need a box each (`direction-controls.tsx`), and for rare characters a browser searches all of its fonts. Measured in
 * Chromium, and rounded up.
 *
 * @param code A UTF-16 code unit.
 */
export function weightOf(code: number): number {
  if (code < 0x300) return 1;
  if (code < 0x370 || code === 0x61c) return 20;
  if (code >= 0x200b && code <= 0x206f) return code < 0x200e || (code > 0x200f && code < 0x202a) ? 2 : 20;
  return code >= 0xd800 && code < 0xe000 ? 8 : 2;
}

/** The weight of a whole text. */
export function weightOfText(text: string): number {
  let weight = 0;
  for (let at = 0; at < text.length; at += 1) weight += weightOf(text.charCodeAt(at));
  return weight;
}

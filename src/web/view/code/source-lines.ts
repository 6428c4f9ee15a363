import { colours, type Tokens } from './token-emitter.ts';

/** Where each line of a text begins. A line break at the end begins no other line. */
export function lineStarts(text: string): Uint32Array {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1 && at + 1 < text.length; at = text.indexOf('\n', at + 1))
    starts.push(at + 1);
  return Uint32Array.from(starts);
}

/** A stretch of a line; `colour` is missing where it looks like ordinary text. */
type Stretch = { text: string; colour?: (typeof colours)[number] };

/** The stretches from `start` to `end` of a text, of which there may be one alone. */
export function stretchesOf(text: string, tokens: Tokens | undefined, start: number, end: number): Stretch[] {
  if (tokens === undefined || tokens.length === 0) return [{ text: text.slice(start, end) }];
  const found: Stretch[] = [];
  let at = start;
  for (let token = firstEndingAfter(tokens, start); token < tokens.length; token += 3) {
    const [from = 0, to = 0, colour = 0] = tokens.subarray(token, token + 3);
    if (from >= end) break;
    if (from > at) found.push({ text: text.slice(at, from) });
    const last = Math.min(to, end);
    found.push({ text: text.slice(Math.max(from, at), last), colour: colours[colour] });
    at = last;
  }
  if (at < end) found.push({ text: text.slice(at, end) });
  return found;
}

/** The place of the first token that ends after a position: they are in order and do not overlap. */
function firstEndingAfter(tokens: Tokens, position: number): number {
  let low = 0;
  let high = tokens.length / 3;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle * 3 + 1] ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low * 3;
}

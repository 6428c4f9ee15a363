import { weightOfText } from '../text-weight.ts';
import { deepest, longestRun, mostNodes } from './limits.ts';

const voidTags = new Set(['br', 'hr']);
/** Around these, and only around these, text begins a new line. */
const inlineTags = new Set([
  ...['a', 'code', 'kbd', 'samp', 'em', 'strong', 'b', 'i', 'u', 's', 'del', 'ins', 'mark', 'sub', 'sup'],
  ...['small', 'abbr', 'q', 'br'],
]);

/**
 * Closes each element where the one around it ends, and drops end tags of what is not open. An HTML parser would open
 * elements that were left open once more in each paragraph that follows, and so make many out of few.
 *
 * @param html Tags and text in which every other `<` is escaped.
 * @returns `deep` or `large` where a browser could not show it in a moment
 */
export function balanced(html: string): { html: string } | 'deep' | 'large' {
  const parts: string[] = [];
  const open: string[] = [];
  let [nodes, from, run] = [0, 0, 0];
  for (const { 0: tag, 1: slash, 2: name = '', index } of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/gi)) {
    const text = html.slice(from, index);
    from = index + tag.length;
    parts.push(text);
    nodes += text === '' ? 1 : 2;
    run = longestIn(run, text, open.includes('pre'));
    if (run > longestRun || nodes > mostNodes) return 'large';
    const element = name.toLowerCase();
    if (!inlineTags.has(element)) run = 0;
    if (slash === '') {
      parts.push(tag);
      if (!voidTags.has(element)) open.push(element);
      if (open.length > deepest) return 'deep';
    } else if (open.includes(element))
      for (let closed = ''; closed !== element; ) {
        closed = open.pop() ?? element;
        parts.push(`</${closed}>`);
      }
  }
  const rest = html.slice(from);
  if (longestIn(run, rest, false) > longestRun) return 'large';
  parts.push(rest, ...open.reverse().map((element) => `</${element}>`));
  return { html: parts.join('') };
}

/** The weight of the heaviest line of a text, the first of which goes on after one that weighs `run`. */
function longestIn(run: number, text: string, isPreformatted: boolean): number {
  if (!isPreformatted) return run + weightOfText(text);
  const weights = text.split('\n').map((line, at) => weightOfText(line) + (at === 0 ? run : 0));
  return weights.reduce((most, weight) => Math.max(most, weight));
}

import { weightOfText } from '../opening/text-weight.ts';
import { maxDepth, maxNodes, maxRunWeight } from './limits.ts';

const voidTags = new Set(['br', 'hr']);
/** All other elements begin a new line. */
const inlineTags = new Set([
  ...['a', 'code', 'kbd', 'samp', 'em', 'strong', 'b', 'i', 'u', 's', 'del', 'ins', 'mark', 'sub', 'sup'],
  ...['small', 'abbr', 'q', 'br'],
]);

/**
 * Closes each element at the end of its parent, and drops end tags without a start tag. An HTML parser reopens unclosed
 * elements in each following paragraph, so that a few tags could become very many elements.
 *
 * @param html Tags and text in which every other `<` is escaped.
 * @returns `deep` or `large` if a browser could not show it quickly
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
    run = maxLineWeight(run, text, open.includes('pre'));
    if (run > maxRunWeight || nodes > maxNodes) return 'large';
    const element = name.toLowerCase();
    if (!inlineTags.has(element)) run = 0;
    if (slash === '') {
      parts.push(tag);
      if (!voidTags.has(element)) open.push(element);
      if (open.length > maxDepth) return 'deep';
    } else if (open.includes(element))
      for (let closed = ''; closed !== element; ) {
        closed = open.pop() ?? element;
        parts.push(`</${closed}>`);
      }
  }
  const rest = html.slice(from);
  if (maxLineWeight(run, rest, false) > maxRunWeight) return 'large';
  parts.push(rest, ...open.reverse().map((element) => `</${element}>`));
  return { html: parts.join('') };
}

/** The weight of the heaviest line of a text, whose first line continues a line with the weight `run`. */
function maxLineWeight(run: number, text: string, isPreformatted: boolean): number {
  if (!isPreformatted) return run + weightOfText(text);
  const weights = text.split('\n').map((line, at) => weightOfText(line) + (at === 0 ? run : 0));
  return weights.reduce((max, weight) => Math.max(max, weight));
}

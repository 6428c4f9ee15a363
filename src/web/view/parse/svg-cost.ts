import { weightOfText } from '../text-weight.ts';
import { deepest, longestRun, mostNodes } from './limits.ts';

/** An element, and what is drawn again for it: once, or for each element within it that inherits a reference. */
type Element = { tag: string; children: Element[]; once: string[]; inherited: string[]; cost: number };

/** A picture of more characters takes a browser too long to read. */
const longestSvg = 5_000_000;
/** For each element a browser tries each rule of its style sheets. */
const mostMatches = 2_000_000;
const unknown = -1;

/** Comments, CDATA, instructions, the document type, and tags, in any of which something may look like another. */
const markup =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<[!/]?[a-z_](?:"[^"]*"|'[^']*'|[^>"'])*>/gi;

/**
 * Whether a browser can draw an SVG in a moment. It draws on the page's own thread, and a few elements that refer to
 * one another can stand for billions. The estimate is never too low, and may be too high.
 *
 * @returns `deep` or `large` where it cannot. What cannot be judged, as pictures within it or entities, is `large`.
 */
export function svgRefusal(text: string): 'deep' | 'large' | undefined {
  if (text.length > longestSvg || /<!DOCTYPE[^>]*\[/i.test(text)) return 'large';
  const root: Element = { tag: '', children: [], once: [], inherited: [], cost: unknown };
  /** What has an id, under the id: there may be several. */
  const byId = new Map<string, Element>();
  const open = [root];
  let [elements, from, weight] = [0, 0, 0];
  for (const { 0: written, index } of text.matchAll(markup)) {
    weight += weightOfText(text.slice(from, index).trim());
    from = index + written.length;
    if (written.startsWith('<!') || written.startsWith('<?')) continue;
    if (written.startsWith('</')) {
      if (open.length > 1) open.pop();
      continue;
    }
    const tag = decoded(written);
    const element: Element = { tag, children: [], ...referencesIn(tag), cost: unknown };
    if (![...element.once, ...element.inherited].every(isPlain) || isOpaque.test(tag)) return 'large';
    open.at(-1)?.children.push(element);
    for (const [, id = ''] of tag.matchAll(/\sid\s*=\s*["']?([^"'\s>]+)/gi)) {
      const same = byId.get(id) ?? { tag, children: [], once: [], inherited: [], cost: unknown };
      same.children.push(element);
      byId.set(id, same);
    }
    if (!written.endsWith('/>')) open.push(element);
    if (open.length > deepest) return 'deep';
    elements += 1;
  }
  const style = decoded([...text.matchAll(/<style[\s\S]*?<\/style/gi)].join(''));
  const rules = style.split('{').length;
  if (isOpaque.test(style) || weight > longestRun || rules * elements > mostMatches) return 'large';
  // A style sheet may have any element refer to a target, and what is in the target to the other ones.
  const { once, inherited } = referencesIn(style);
  const targets = [...new Set([...once, ...inherited])].map((id) => byId.get(id));
  const painting = targets.filter(
    (target) => !/^<(?:\w+:)?(?:linear|radial)Gradient/i.test(target?.tag ?? '<'),
  );
  const cost = painting.reduce((product, target) => product * (1 + costOf(target, byId)), costOf(root, byId));
  return cost > mostNodes ? 'large' : undefined;
}

/** What may hide a reference, or a picture within the picture. */
const isOpaque = /\\|var\(|:has\(|@import[^;]*data:|data:[^,]*s\s*v\s*g/i;
const isPlain = (id: string) => /^[\w.:-]+$/.test(id);

/** How many elements a browser draws for one, with all that it refers to. What refers to itself is not drawn again. */
function costOf(element: Element | undefined, byId: Map<string, Element>): number {
  if (element === undefined) return 0;
  if (element.cost !== unknown) return element.cost;
  element.cost = 0;
  const sum = (parts: (Element | undefined)[]) =>
    parts.reduce((total, part) => total + costOf(part, byId), 1);
  const own = sum([...element.children, ...element.once.map((id) => byId.get(id))]);
  element.cost = own * sum(element.inherited.map((id) => byId.get(id)));
  return element.cost;
}

/** The ids of `href="#id"` and `url(#id)`. Clips, masks and filters are for the element as a whole. */
function referencesIn(text: string): { once: string[]; inherited: string[] } {
  const links = [...text.matchAll(/href\s*=\s*(?:"\s*#([^"]*)"|'\s*#([^']*)')/gi)];
  const once = links.map(([, double, single]) => (double ?? single ?? '').trim());
  const inherited: string[] = [];
  const urls = text.matchAll(/((?:clip-path|mask|filter)\s*[=:]\s*["']?\s*)?url\(\s*["']?\s*#([^)"']*)/gi);
  for (const [, whole, id = ''] of urls) (whole === undefined ? inherited : once).push(id.trim());
  return { once, inherited };
}

/** A text with the characters that its references to characters stand for. */
function decoded(text: string): string {
  return text.replace(/&#(x?)([\da-f]+);/gi, (_, hex, digits) => {
    const point = Number.parseInt(digits, hex ? 16 : 10);
    return point <= 0x10_ffff ? String.fromCodePoint(point) : '';
  });
}

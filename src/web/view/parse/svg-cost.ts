import { weightOfText } from '../opening/text-weight.ts';
import { maxDepth, maxNodes, maxRunWeight } from './limits.ts';

/** An element with its references, which are drawn once, or again for each descendant that inherits them. */
type Element = { tag: string; children: Element[]; once: string[]; inherited: string[]; cost: number };

/** A longer SVG takes a browser too long to parse (characters). */
const maxSvgLength = 5_000_000;
/** A browser matches each element against each rule of the style sheets. */
const maxRuleMatches = 2_000_000;
const unknown = -1;

/** Comments, CDATA, instructions, the document type and tags. One may contain text that looks like another. */
const markup =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<[!/]?[a-z_](?:"[^"]*"|'[^']*'|[^>"'])*>/gi;

/**
 * Whether a browser can draw an SVG quickly. It draws on the main thread, and a few elements that refer to one another
 * can expand to billions. The estimate is never too low, and may be too high.
 *
 * @returns `deep` or `large` if it cannot. What cannot be estimated, such as embedded images or entities, is `large`.
 */
export function svgRefusal(text: string): 'deep' | 'large' | undefined {
  if (text.length > maxSvgLength || /<!DOCTYPE[^>]*\[/i.test(text)) return 'large';
  const root: Element = { tag: '', children: [], once: [], inherited: [], cost: unknown };
  /** The elements by id, of which several may have the same. */
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
    if (open.length > maxDepth) return 'deep';
    elements += 1;
  }
  const style = decoded([...text.matchAll(/<style[\s\S]*?<\/style/gi)].join(''));
  const rules = style.split('{').length;
  if (isOpaque.test(style) || weight > maxRunWeight || rules * elements > maxRuleMatches) return 'large';
  // A style sheet can make any element refer to a target, and the elements in a target refer to other targets.
  const { once, inherited } = referencesIn(style);
  const targets = [...new Set([...once, ...inherited])].map((id) => byId.get(id));
  const painting = targets.filter(
    (target) => !/^<(?:\w+:)?(?:linear|radial)Gradient/i.test(target?.tag ?? '<'),
  );
  const cost = painting.reduce((product, target) => product * (1 + costOf(target, byId)), costOf(root, byId));
  return cost > maxNodes ? 'large' : undefined;
}

/** Syntax that can hide a reference or an embedded image. */
const isOpaque = /\\|var\(|:has\(|@import[^;]*data:|data:[^,]*s\s*v\s*g/i;
const isPlain = (id: string) => /^[\w.:-]+$/.test(id);

/** The number of elements that a browser draws for one, with its references. Circular references are drawn once. */
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

/** The ids of `href="#id"` and `url(#id)`. Clips, masks and filters apply to the element as a whole. */
function referencesIn(text: string): { once: string[]; inherited: string[] } {
  const links = [...text.matchAll(/href\s*=\s*(?:"\s*#([^"]*)"|'\s*#([^']*)')/gi)];
  const once = links.map(([, double, single]) => (double ?? single ?? '').trim());
  const inherited: string[] = [];
  const urls = text.matchAll(/((?:clip-path|mask|filter)\s*[=:]\s*["']?\s*)?url\(\s*["']?\s*#([^)"']*)/gi);
  for (const [, whole, id = ''] of urls) (whole === undefined ? inherited : once).push(id.trim());
  return { once, inherited };
}

/** Resolves numeric character references. */
function decoded(text: string): string {
  return text.replace(/&#(x?)([\da-f]+);/gi, (_, hex, digits) => {
    const point = Number.parseInt(digits, hex ? 16 : 10);
    return point <= 0x10_ffff ? String.fromCodePoint(point) : '';
  });
}

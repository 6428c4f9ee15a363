import type { Shared } from './view-payloads.ts';

const megabyte = 1_000_000;
const many = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** Pseudo-random numbers, which are the same in every run. */
function* numbers(): Generator<number, never> {
  let state = 1;
  for (;;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state;
  }
}

/** Characters from all planes, which almost all need different fonts. */
function anyCharacters(count: number): string {
  const random = numbers();
  return Array.from({ length: count }, () => {
    const point = 0x100 + (random.next().value % 0x2_ff00);
    return point >= 0xd800 && point < 0xe000 ? 'x' : String.fromCodePoint(point);
  }).join('');
}

const manyObjects = () =>
  JSON.stringify(Array.from({ length: 90_000 }, (_, id) => ({ id, x: Math.sqrt(id), name: `n${id}` })));

const svgOf = (inner: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="500" height="500">${inner}</svg>`;

/** Nested copies, so that each level has ten times as many rectangles. */
function copiesOfCopies(levels: number): string {
  const groups = Array.from(
    { length: levels },
    (_, level) => `<g id="g${level + 1}">${`<use href="#g${level}" x="1"/>`.repeat(10)}</g>`,
  );
  return svgOf(
    `<defs><rect id="g0" width="1" height="1"/>${groups.join('')}</defs><use href="#g${levels}"/>`,
  );
}

/** Each pattern is filled with ten rectangles of the one before. */
function patternsInPatterns(levels: number): string {
  const patterns = Array.from({ length: levels }, (_, level) => {
    const fill = level === 0 ? 'red' : `url(#p${level - 1})`;
    const inner = Array.from(
      { length: 10 },
      (_, at) => `<rect x="${at}" width="9" height="9" fill="${fill}"/>`,
    );
    return `<pattern id="p${level}" width="${10 + level}" height="10" patternUnits="userSpaceOnUse">${inner.join('')}</pattern>`;
  });
  return svgOf(
    `<defs>${patterns.join('')}</defs><rect width="100" height="100" fill="url(#p${levels - 1})"/>`,
  );
}

/** Content that is meant to block the reader's browser, within the limits of its view. */
export const hostile: Record<string, () => Shared> = {
  'one line of 10 MB': () => ({ type: 'text/plain', content: many('const a=1;', 10 * megabyte) }),
  'one line of 10 MB without a space': () => ({ type: 'text/plain', content: 'x'.repeat(10 * megabyte) }),
  'one line of 1 MB of code': () => ({ type: 'text/javascript', content: many('[1,a]+', megabyte - 1) }),
  'minified JSON of 6 MB': () => ({ type: 'application/json', content: `[${many('1,', 6 * megabyte)}1]` }),
  'line breaks only, 1 MB': () => ({ type: 'text/plain', content: '\n'.repeat(megabyte) }),
  'line breaks only, 10 MB': () => ({ type: 'text/plain', content: '\n'.repeat(10 * megabyte) }),
  'pretty-printed JSON of 12 MB': () => ({
    type: 'application/json',
    content: many('{\n  "name": "value",\n  "more": [1, 2, 3]\n}\n', 12 * megabyte),
  }),
  'a character with 100,000 accents': () => ({
    type: 'text/plain',
    content: `a${'\u0301'.repeat(100_000)}`,
  }),
  'direction controls': () => ({ type: 'text/plain', content: many('\u202ea\u2067b\u202ac', 300_000) }),
  'characters of all planes': () => ({ type: 'text/plain', content: anyCharacters(200_000) }),
  'joined and zero-width characters': () => ({
    type: 'text/plain',
    content: many('👩‍👩‍👧‍👦\u200b\u200d\ufeff', 400_000),
  }),
  'an array in an array, and so on': () => ({
    type: 'application/json',
    content: '['.repeat(megabyte) + ']'.repeat(megabyte),
  }),
  'a JSON tree of 5 MB': () => ({ type: 'application/json', content: manyObjects() }),
  'a JSON string of 4 MB': () => ({
    type: 'application/json',
    content: JSON.stringify({ ['k'.repeat(megabyte)]: many('word "', 2 * megabyte) }),
  }),
  'a table of a million cells': () => ({
    type: 'text/csv',
    content: `${','.repeat(499)}\n`.repeat(1990),
  }),
  'a table of 20,000 cells': () => ({ type: 'text/csv', content: `${many('cell,', 49)}\n`.repeat(1900) }),
  'emphasis that never ends': () => ({ type: 'text/markdown', content: '_a'.repeat(20_000) }),
  'quotes in quotes': () => ({ type: 'text/markdown', content: '> '.repeat(20_000) }),
  'brackets that never close': () => ({ type: 'text/markdown', content: '['.repeat(200_000) }),
  'a list of 9,000 items': () => ({ type: 'text/markdown', content: '- *an* item\n'.repeat(9000) }),
  'elements in elements': () => ({ type: 'text/markdown', content: '<b><i>'.repeat(20_000) }),
  'a table in Markdown of 100,000 cells': () => ({
    type: 'text/markdown',
    content: `|a|b|\n|-|-|\n${'|1|2|\n'.repeat(50_000)}`,
  }),
  'a paragraph of 900 kB': () => ({ type: 'text/markdown', content: many('word ', 900_000) }),
  'an SVG of copies of copies': () => ({ type: 'image/svg+xml', content: copiesOfCopies(9) }),
  'an SVG of 60,000 elements': () => ({
    type: 'image/svg+xml',
    content: svgOf('<circle r="9" cx="50" cy="50" opacity=".5"/>'.repeat(60_000)),
  }),
  'an SVG of patterns in patterns': () => ({ type: 'image/svg+xml', content: patternsInPatterns(9) }),
  'code of a thousand languages': () => ({
    type: 'text/markdown',
    content: '```js\nlet a = 1 + 2;\n```\n\n'.repeat(4000),
  }),
};

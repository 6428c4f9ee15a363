import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { jsonTable } from '../../src/web/view/parse/json-table.ts';
import { markdownHtml } from '../../src/web/view/parse/markdown-html.ts';
import { svgRefusal } from '../../src/web/view/parse/svg-cost.ts';
import { parseTable } from '../../src/web/view/parse/table.ts';
import { JsonTree } from '../../src/web/view/views/json-tree.ts';
import { hostileSvg } from './canary-payloads.ts';

describe('JSON', () => {
  const treeOf = (text: string) => {
    const table = jsonTable(text);
    if (table === undefined || table === 'deep') throw new Error(`no tree: ${table}`);
    return new JsonTree(text, table);
  };
  /** Every scalar with its path, as the tree shows it. */
  const leavesOf = (tree: JsonTree, node = tree.root, way = ''): string[] =>
    tree.sizeOf(node) === 0
      ? [`${way} ${tree.kindOf(node)} ${tree.textOf(node)}`]
      : tree
          .childrenOf(node, 1000)
          .flatMap((child, at) => leavesOf(tree, child, `${way}/${tree.keyOf(child) ?? at}`));

  test('keeps numbers, the order of members, and members with the same key', () => {
    const tree = treeOf('{"2": 1e999, "1": [-0.10, {}], "2": true, "": {"a\\"b" :null}}');
    expect(leavesOf(tree)).toEqual([
      '/2 number 1e999',
      '/1/0 number -0.10',
      '/1/1 object {}',
      '/2 literal true',
      '//a"b literal null',
    ]);
  });

  test('is the same tree as that of JSON.parse, for any value', () => {
    const check = (value: unknown) => {
      const read = (tree: JsonTree, node: number): unknown => {
        const children = tree.childrenOf(node, 1e6);
        if (tree.kindOf(node) === 'array') return children.map((child) => read(tree, child));
        if (tree.kindOf(node) !== 'object') return JSON.parse(tree.textOf(node));
        return Object.fromEntries(children.map((child) => [tree.keyOf(child), read(tree, child)]));
      };
      for (const indent of [0, 2]) {
        const text = JSON.stringify(value, null, indent);
        expect(JSON.stringify(read(treeOf(text), 0))).toBe(JSON.stringify(JSON.parse(text)));
      }
    };
    fc.assert(fc.property(fc.jsonValue(), check));
  });

  test('has no tree if it is invalid or nested over 100 levels deep', () => {
    for (const text of ['', '{', '{"a" 1}', '[1,]', '01', "{'a': 1}", '['.repeat(100_000), '[1] 2'])
      expect([text.slice(0, 9), jsonTable(text)]).toEqual([text.slice(0, 9), undefined]);
    const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
    expect(jsonTable(nested(100))).toBeInstanceOf(Uint32Array);
    expect(jsonTable(nested(102))).toBe('deep');
    expect(jsonTable(nested(200_000))).toBe('deep');
  });

  test('has strings with any content', () => {
    expect(leavesOf(treeOf('["a\\"]{,:", "\\u00e9", "\\\\"]'))).toEqual([
      '/0 string "a\\"]{,:"',
      '/1 string "é"',
      '/2 string "\\\\"',
    ]);
  });

  test('with 100,000 items is opened only as far as it can be shown', () => {
    const items = Array.from({ length: 100_000 }, (_, at) => ({ at, name: `name ${at}` }));
    const tree = treeOf(JSON.stringify(items));
    expect(tree.sizeOf(tree.root)).toBe(100_000);
    expect(tree.nodesToOpen(3000).size).toBeLessThan(3000);
  });
});

describe('a table', () => {
  test('is parsed by RFC 4180', () => {
    const text = 'aaa,"b\r\nbb","c""c"\r\nzzz,,xxx';
    expect(parseTable(text, 'text/csv')).toEqual([
      ['aaa', 'b\r\nbb', 'c"c'],
      ['zzz', '', 'xxx'],
    ]);
    expect(parseTable('a\rb,c\r', 'text/csv')).toEqual([['a'], ['b', 'c']]);
    expect(parseTable('a\tb\n1,5\t\n', 'text/tab-separated-values')).toEqual([
      ['a', 'b'],
      ['1,5', ''],
    ]);
  });

  test('has the separator with which its rows have the same number of values', () => {
    for (const [text, row] of [
      ['a;b\n1,5;2\n', ['1,5', '2']],
      ['a;b\n1,5;2,5\n', ['1,5', '2,5']],
      ['name\tprice\nä\t1,5\n', ['ä', '1,5']],
      ['"a;b",c\n"d;e;f",g\n', ['d;e;f', 'g']],
      ['"a,b";c\n"d,e\n";f\n', ['d,e\n', 'f']],
      ['name,note\nx,a; b\ny,c\n', ['x', 'a; b']],
      ['sep=;\na,b;c\n1,2;3\n', ['1,2', '3']],
      ['SEP=|\r\na|b\r\n1;2|3,4\r\n', ['1;2', '3,4']],
    ] as const)
      expect([text, parseTable(text, 'text/csv')?.[1]]).toEqual([text, row as never]);
  });

  test('survives a round trip through RFC 4180 with any values, for each separator', () => {
    const cells = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 3, maxLength: 3 });
    const check = (rows: string[][], separator: string) => {
      const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
      const text = rows.map((row) => row.map(quoted).join(separator)).join('\r\n');
      expect(parseTable(text, 'text/csv')).toEqual(rows);
    };
    fc.assert(
      fc.property(fc.array(cells, { minLength: 2, maxLength: 5 }), fc.constantFrom(',', ';', '\t'), check),
    );
  });

  test('is not made of other text', () => {
    for (const text of ['', 'one', 'one\ntwo\n', 'a,"b\nc', 'a,"b"c\nd,e'])
      expect([text, parseTable(text, 'text/csv')]).toEqual([text, undefined]);
  });

  test('with too many cells for a browser is rejected', () => {
    expect(parseTable('a,b\n'.repeat(2000), 'text/csv')).toHaveLength(2000);
    expect(parseTable('a,b\n'.repeat(2001), 'text/csv')).toBe('large');
    expect(parseTable(`${','.repeat(500_000)}\n`.repeat(2), 'text/csv')).toBe('large');
    expect(parseTable(`a,${'b'.repeat(200_000)}\n`.repeat(2), 'text/csv')).toBe('large');
  });
});

describe('Markdown', () => {
  const htmlOf = (text: string) => {
    const made = markdownHtml(text);
    return typeof made === 'string' ? made : made.html;
  };

  test('closes elements of raw tags at the end of their parent', () => {
    expect(htmlOf('- <b><i>a\n- b</b>\n')).toBe('<ul>\n<li><b><i>a</i></b></li>\n<li>b</li>\n</ul>\n');
    expect(htmlOf('<details>\n\ntext\n\n</details>\n')).toBe('<details><p>text</p>\n</details>\n');
  });

  test('is rejected if it is nested over 100 levels deep', () => {
    expect(htmlOf('<b>'.repeat(99))).toStartWith('<p><b><b>');
    for (const text of ['> '.repeat(500), '<b>'.repeat(101), `${'- '.repeat(60)}a`])
      expect([text.slice(0, 9), ['deep', 'large'].includes(htmlOf(text))]).toEqual([text.slice(0, 9), true]);
  });

  test('is rejected if it has too many elements, or too long paragraphs', () => {
    expect(htmlOf('- a\n'.repeat(8000))).toBe('large');
    expect(htmlOf('word '.repeat(30_000))).toBe('large');
    expect(htmlOf(`\`\`\`\n${'x'.repeat(150_000)}\n\`\`\`\n`)).toBe('large');
    expect(htmlOf(`\`\`\`\n${'some words in a line\n'.repeat(20_000)}\`\`\`\n`)).toContain('<pre>');
  });
});

describe('an SVG', () => {
  const svg = (inner: string) => `<svg xmlns="http://www.w3.org/2000/svg">${inner}</svg>`;
  /** Each level expands to ten of the one before. */
  const levels = (count: number, refer: (id: string) => string) =>
    Array.from({ length: count }, (_, at) => `<g id="g${at + 1}">${refer(`g${at}`).repeat(10)}</g>`).join('');

  test('is drawn if it is an ordinary image', () => {
    for (const picture of [
      hostileSvg,
      svg(`<defs><linearGradient id="a"/></defs>${'<rect fill="url(#a)"/>'.repeat(5000)}`),
      svg(
        `<style>.a{fill:red}.b{fill:url(#c)}</style><linearGradient id="c"/>${'<path class="a"/>'.repeat(3000)}`,
      ),
      svg(`${levels(3, (id) => `<use xlink:href="#${id}"/>`)}<use href="#g3"/>`),
      svg('<g id="self"><use href="#self"/></g>'),
      svg(
        `<style>.a{clip-path:url(#c)}</style><clipPath id="c"><path/></clipPath>${'<path class="a"/>'.repeat(3000)}`,
      ),
      `<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">${svg('<!-- > --><text>a</text>')}`,
    ])
      expect([picture.slice(0, 80), svgRefusal(picture)]).toEqual([picture.slice(0, 80), undefined]);
  });

  test('is rejected if a few elements expand to very many, by any kind of reference', () => {
    for (const picture of [
      svg(levels(9, (id) => `<use href="#${id}"/>`)),
      svg(levels(9, (id) => `<use xlink:href = '#${id}'/>`)),
      svg(levels(9, (id) => `<use href="&#35;${id}"/>`)),
      svg(levels(9, (id) => `<rect fill="url( #${id} )"/>`)),
      svg(levels(9, (id) => `<rect style="mask:url('#${id}')"/>`)),
      svg(
        `<style>rect{fill:url(#g3)}</style>${levels(3, (id) => `<rect fill="url(#${id})"/>`)}${'<rect/>'.repeat(100)}`,
      ),
      svg(levels(9, (id) => `<g fill="url(#${id})"><rect/></g>`)),
      svg(levels(9, (id) => `<g style="fill:url('#${id}')"><rect/></g>`)),
      svg(
        `<style>.g1{fill:url(#g1)}.g2{fill:url(#g2)}.g3{fill:url(#g3)}</style>${levels(4, (id) => `<rect class="${id}"/>`)}`,
      ),
      svg(`<!--<![CDATA[-->${levels(9, (id) => `<use href="#${id}"/>`)}<!--]]>-->`),
      svg(`<![CDATA[<!--]]>${levels(9, (id) => `<use href="#${id}"/>`)}<![CDATA[-->]]>`),
      svg(`<?a <!--?>${levels(9, (id) => `<use href="#${id}"/>`)}<?b -->?>`),
      svg(`&#60;!--${levels(9, (id) => `<use href="#${id}"/>`)}<!-- -->`),
      svg(levels(9, (id) => `<use href="#${id}%20"/>`)),
      svg('<g style="--a:url(#b);fill:var(--a)"/>'),
      svg('<g/>'.repeat(20_001)),
      svg('<g>'.repeat(101)),
      svg(`<style>${'.a{x:y}'.repeat(1000)}</style>${'<g/>'.repeat(5000)}`),
      svg(`<text>${'x'.repeat(200_000)}</text>`),
      svg('<image href="data:image/&#115;vg+xml;base64,PHN2Zz4="/>'),
      `<!DOCTYPE svg [<!ENTITY a "<g/>">]>${svg('&a;')}`,
    ])
      expect([picture.slice(0, 160), svgRefusal(picture)]).toEqual([
        picture.slice(0, 160),
        expect.any(String),
      ]);
  });
});

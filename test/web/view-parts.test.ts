import { describe, expect, test } from 'bun:test';
import { lineStarts, stretchesOf } from '../../src/web/view/code/source-lines.ts';
import { contentOf, safeName } from '../../src/web/view/content.ts';
import { readFragment, writeFragment } from '../../src/web/view/fragment.ts';
import { nodesToOpen, parseJsonTree, sizeOf } from '../../src/web/view/json-tree.ts';
import { kindOf } from '../../src/web/view/kinds.ts';
import { viewMessages } from '../../src/web/view/messages.ts';
import { openingMessages } from '../../src/web/view/opening-messages.ts';
import { parseTable } from '../../src/web/view/table.ts';
import { formatRemaining } from '../../src/web/view/use-remaining.ts';

describe('the fragment of an address', () => {
  test('names a line, or a range in either order', () => {
    expect(readFragment('#L3', false).lines).toEqual({ first: 3, last: 3 });
    expect(readFragment('#L9-L3', false).lines).toEqual({ first: 3, last: 9 });
    for (const hash of ['', '#', '#L0', '#L', '#L1-', '#l3', '#content', '#L9999999999'])
      expect([hash, readFragment(hash, false).lines]).toEqual([hash, null]);
  });

  test('has the secret first where there is one', () => {
    expect(readFragment('#abc&L3-L9', true)).toEqual({ secret: 'abc', lines: { first: 3, last: 9 } });
    expect(readFragment('#L3', true)).toEqual({ secret: 'L3', lines: null });
    expect(writeFragment({ secret: 'abc', lines: { first: 3, last: 9 } })).toBe('#abc&L3-L9');
    expect(writeFragment({ secret: '', lines: null })).toBe('');
  });
});

describe('JSON', () => {
  test('keeps numbers, the order of members, and members with the same key', () => {
    const root = parseJsonTree('{"2": 1e999, "1": -0.10, "2": true}');
    expect(root).toEqual({
      kind: 'object',
      members: [
        { key: '2', value: { kind: 'number', text: '1e999' } },
        { key: '1', value: { kind: 'number', text: '-0.10' } },
        { key: '2', value: { kind: 'literal', text: 'true' } },
      ],
    });
  });

  test('that is none, or is nested beyond reason, has no tree', () => {
    for (const text of ['', '{', '{"a" 1}', '[1,]', '01', "{'a': 1}", '['.repeat(100_000), '[1] 2'])
      expect([text.slice(0, 9), parseJsonTree(text)]).toEqual([text.slice(0, 9), undefined]);
    const deep = 10_000;
    expect(parseJsonTree('['.repeat(deep) + ']'.repeat(deep))).toBeUndefined();
  });

  test('has strings with whatever is in them', () => {
    expect(parseJsonTree('["a\\"]{,:", "\\u00e9"]')).toEqual({
      kind: 'array',
      items: [
        { kind: 'string', text: 'a"]{,:' },
        { kind: 'string', text: 'é' },
      ],
    });
  });

  test('with 100,000 items is opened no further than can be shown', () => {
    const root = parseJsonTree(
      JSON.stringify(Array.from({ length: 100_000 }, (_, at) => ({ at, name: `name ${at}` }))),
    );
    if (root === undefined) throw new Error('no tree');
    expect(sizeOf(root)).toBe(100_000);
    expect(nodesToOpen(root, 3000).size).toBeLessThan(3000);
  });
});

describe('a table', () => {
  test('is read by RFC 4180', () => {
    const text = 'aaa,"b\r\nbb","c""c"\r\nzzz,,xxx';
    expect(parseTable(text, 'text/csv')).toEqual([
      ['aaa', 'b\r\nbb', 'c"c'],
      ['zzz', '', 'xxx'],
    ]);
    expect(parseTable('a;b\n1,5;2\n', 'text/csv')).toEqual([
      ['a', 'b'],
      ['1,5', '2'],
    ]);
    expect(parseTable('a\tb\n1,5\t\n', 'text/tab-separated-values')).toEqual([
      ['a', 'b'],
      ['1,5', ''],
    ]);
  });

  test('is not made of what is none', () => {
    for (const text of ['', 'one', 'one\ntwo\n', 'a,"b\nc', 'a,"b"c\nd,e'])
      expect([text, parseTable(text, 'text/csv')]).toEqual([text, undefined]);
  });
});

describe('the kind of content', () => {
  const kind = (mediaType: string, isText: boolean, size = 100) => kindOf({ mediaType, isText, size });

  test('follows from its type, whatever its parameters and its case', () => {
    expect(kind('Image/PNG', false)).toBe('image');
    expect(kind('image/svg+xml; charset=utf-8', true)).toBe('image');
    expect(kind('text/markdown;variant=GFM', true)).toBe('markdown');
    expect(kind('application/ld+json', true)).toBe('json');
    expect(kind('application/pdf', true)).toBe('pdf');
    expect(kind('audio/mpeg', false)).toBe('audio');
    expect(kind('image/tiff', false)).toBe('other');
  });

  test('is text where text has a type that it cannot be', () => {
    expect(kind('video/mp2t', true)).toBe('text');
    expect(kind('text/html', true)).toBe('text');
    expect(kind('application/octet-stream', true)).toBe('text');
    expect(kind('text/plain', false)).toBe('other');
  });

  test('is a plainer one where it is too large', () => {
    expect(kind('application/json', true, 6_000_000)).toBe('text');
    expect(kind('text/plain', true, 30_000_000)).toBe('other');
  });

  test('is text of bytes only where they are UTF-8', async () => {
    const of = (bytes: number[]) =>
      contentOf(new Blob([Uint8Array.from(bytes)]), { name: null, mediaType: 'text/plain' });
    expect((await of([0xc3, 0xa9])).text).toBe('é');
    expect((await of([0xc3])).text).toBeNull();
    expect((await of([0xef, 0xbb, 0xbf, 0x61])).text).toBe('\ufeffa');
  });
});

describe('lines of source', () => {
  test('begin after each line break but the last', () => {
    expect([...lineStarts('a\n\nb\n')]).toEqual([0, 2, 3]);
    expect([...lineStarts('')]).toEqual([0]);
  });

  test('have the stretches that tokens cut them into, also of tokens over several lines', () => {
    const text = 'ab /* c\nd */ e';
    const tokens = Uint32Array.from([0, 2, 0, 3, 12, 3]);
    expect(stretchesOf(text, tokens, 0, 8)).toEqual([
      { text: 'ab', colour: 'keyword' },
      { text: ' ' },
      { text: '/* c\n', colour: 'comment' },
    ]);
    expect(stretchesOf(text, tokens, 8, 14)).toEqual([{ text: 'd */', colour: 'comment' }, { text: ' e' }]);
    expect(stretchesOf(text, undefined, 8, 14)).toEqual([{ text: 'd */ e' }]);
  });
});

describe('what is left', () => {
  const second = 1000;
  const hour = 3600 * second;

  test('is told in two units, in the language of the reader', () => {
    expect(formatRemaining(49 * hour, 'en')).toBe('2 days 1 hour');
    expect(formatRemaining(48 * hour + 59 * 60 * second, 'de')).toBe('2 Tage');
    expect(formatRemaining(hour + 61 * second, 'en')).toBe('1 hour 1 minute');
    expect(formatRemaining(119 * second, 'fr')).toBe('1 minute');
    expect(formatRemaining(1, 'en')).toBe('1 second');
  });
});

test('file names cannot pretend to be others', () => {
  expect(safeName('gpj.\u202eexe.png')).toBe('gpj.exe.png');
  expect(safeName('../../etc/passwd\0')).toBe('.._.._etc_passwd');
  expect(safeName('a\\b\r\nc')).toBe('a_bc');
  expect(safeName('x'.repeat(500))).toHaveLength(255);
});

test('every language has texts of its own', () => {
  for (const messages of [viewMessages, openingMessages]) {
    const { en, ...others } = messages;
    for (const other of Object.values(others)) {
      expect(Object.keys(other)).toEqual(Object.keys(en));
      const same = Object.entries(en).filter(
        ([key, text]) => typeof text === 'string' && text.length > 20 && text === other[key as never],
      );
      expect(same).toEqual([]);
    }
  }
});

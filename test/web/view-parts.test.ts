import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { blockOfLine, sourceRows, stretchesOf } from '../../src/web/view/code/source-lines.ts';
import { viewMessages } from '../../src/web/view/messages.ts';
import { contentOf, safeName } from '../../src/web/view/opening/content.ts';
import { readFragment, writeFragment } from '../../src/web/view/opening/fragment.ts';
import { kindOf } from '../../src/web/view/opening/kinds.ts';
import { openingMessages } from '../../src/web/view/opening/opening-messages.ts';
import { sourceMessages } from '../../src/web/view/source-messages.ts';
import { formatRemaining } from '../../src/web/view/use-remaining.ts';

describe('the fragment of a URL', () => {
  test('names a line, or a range in either order', () => {
    expect(readFragment('#L3', false).lines).toEqual({ first: 3, last: 3 });
    expect(readFragment('#L9-L3', false).lines).toEqual({ first: 3, last: 9 });
    for (const hash of ['', '#', '#L0', '#L', '#L1-', '#l3', '#content', '#L9999999999'])
      expect([hash, readFragment(hash, false).lines]).toEqual([hash, null]);
  });

  test('begins with the secret if there is one', () => {
    expect(readFragment('#abc&L3-L9', true)).toEqual({ secret: 'abc', lines: { first: 3, last: 9 } });
    expect(readFragment('#L3', true)).toEqual({ secret: 'L3', lines: null });
    expect(writeFragment({ secret: 'abc', lines: { first: 3, last: 9 } })).toBe('#abc&L3-L9');
    expect(writeFragment({ secret: '', lines: null })).toBe('');
  });
});

describe('the kind of content', () => {
  const kind = (mediaType: string, isText: boolean, size = 100) => kindOf({ mediaType, isText, size });

  test('follows from its type, with any parameters and in any case', () => {
    expect(kind('Image/PNG', false)).toBe('image');
    expect(kind('image/svg+xml; charset=utf-8', true)).toBe('image');
    expect(kind('text/markdown;variant=GFM', true)).toBe('markdown');
    expect(kind('application/ld+json', true)).toBe('json');
    expect(kind('application/pdf', true)).toBe('pdf');
    expect(kind('audio/mpeg', false)).toBe('audio');
    expect(kind('image/tiff', false)).toBe('other');
  });

  test('is text if the bytes are text, but their type is binary', () => {
    expect(kind('video/mp2t', true)).toBe('text');
    expect(kind('text/html', true)).toBe('text');
    expect(kind('application/octet-stream', true)).toBe('text');
    expect(kind('text/plain', false)).toBe('other');
  });

  test('is a simpler one if the content is too large', () => {
    expect(kind('application/json', true, 6_000_000)).toBe('text');
    expect(kind('text/plain', true, 30_000_000)).toBe('other');
  });

  test('is decoded by the byte order mark, else by the declared charset, else as UTF-8', async () => {
    const textOf = async (bytes: number[], mediaType: string) =>
      (await contentOf(new Blob([Uint8Array.from(bytes)]), { name: null, mediaType })).text;
    const plain = 'text/plain';
    for (const [bytes, mediaType, text] of [
      [[0xc3, 0xa9], plain, 'é'],
      [[0xc3], plain, null],
      [[0xc3], 'text/plain; charset=iso-8859-1', 'Ã'],
      [[0xc3, 0xa9], 'text/plain; charset="ISO-8859-1"', 'Ã©'],
      [[0x93, 0xfa], 'text/csv;header=present;charset=Shift_JIS', '日'],
      [[0xff, 0xfe, 0x61, 0, 0xe9, 0], plain, 'aé'],
      [[0xfe, 0xff, 0, 0x61, 0, 0xe9], 'application/json', 'aé'],
      [[0xff, 0xfe, 0x61, 0], 'text/plain; charset=utf-8', 'a'],
      [[0xef, 0xbb, 0xbf, 0x61], 'text/plain; charset=iso-8859-1', 'a'],
      [[0xff, 0xfe, 0x61, 0], 'application/octet-stream', null],
      [[0xff, 0xfe, 0, 0xd8], plain, null],
      [[0xc3, 0xa9], 'text/plain; charset=utf-16', '\ua9c3'],
      [[0xc3, 0xa9], 'text/plain; charset=unheard-of', 'é'],
    ] as const)
      expect([bytes, mediaType, await textOf([...bytes], mediaType)]).toEqual([bytes, mediaType, text]);
  });
});

describe('lines of source', () => {
  const linesOf = (text: string) => {
    const { starts, lines } = sourceRows(text);
    return [...lines].map((line, row) => [line, text.slice(starts[row], starts[row + 1])]);
  };

  test('begin after each line break of any kind, except the last', () => {
    expect(linesOf('a\n\nb\n').map(([, line]) => line)).toEqual(['a\n', '\n', 'b\n']);
    expect(linesOf('a\rb\r\nc\n\rd').map(([, line]) => line)).toEqual(['a\r', 'b\r\n', 'c\n', '\r', 'd']);
    expect(linesOf('')).toEqual([[1, '']]);
    const brokenByAny = fc
      .array(fc.constantFrom('a', 'bc', '\n', '\r', '\r\n', ' '))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(brokenByAny, (text) => {
        const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
        expect(linesOf(text)).toEqual(lines.map((line, at) => [at + 1, line]));
      }),
    );
  });

  test('that are long are cut into rows, without splitting a character', () => {
    for (const line of ['x'.repeat(35_000), '👍'.repeat(20_001), 'word '.repeat(9000)]) {
      const rows = linesOf(`short\n${line}\nshort`);
      expect(rows.length).toBeGreaterThan(5);
      expect(rows.map(([, row]) => row).join('')).toBe(`short\n${line}\nshort`);
      expect(new Set(rows.map(([number]) => number))).toEqual(new Set([1, 2, 3]));
      for (const [, row] of rows) {
        expect(String(row).length).toBeLessThanOrEqual(10_001);
        expect(String(row).isWellFormed()).toBe(true);
      }
    }
  });

  test('are in blocks of a bounded size, one for each line', () => {
    const text = `${'line\n'.repeat(1000)}${'x'.repeat(100_000)}\n${'y'.repeat(30_000)}`;
    const rows = sourceRows(text);
    const sizes = [...rows.blocks].slice(1).map((end, at) => end - (rows.blocks[at] ?? 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(rows.lines.length);
    for (const line of [1, 200, 201, 1000, 1001, 1002]) {
      const block = blockOfLine(rows, line);
      const [first = 0, end = 0] = rows.blocks.subarray(block, block + 2);
      const isWithin = rows.lines.subarray(first, end).includes(line);
      expect([line, isWithin, rows.lines[first - 1] === line]).toEqual([line, true, false]);
    }
  });

  test('have the stretches of their tokens, with tokens over several lines too', () => {
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

describe('the remaining time', () => {
  const second = 1000;
  const hour = 3600 * second;

  test('is shown in two units, in the language of the reader', () => {
    expect(formatRemaining(49 * hour, 'en')).toBe('2 days 1 hour');
    expect(formatRemaining(48 * hour + 59 * 60 * second, 'de')).toBe('2 Tage');
    expect(formatRemaining(hour + 61 * second, 'en')).toBe('1 hour 1 minute');
    expect(formatRemaining(119 * second, 'fr')).toBe('1 minute');
    expect(formatRemaining(1, 'en')).toBe('1 second');
  });
});

test('file names cannot look like others', () => {
  expect(safeName('gpj.\u202eexe.png')).toBe('gpj.exe.png');
  expect(safeName('../../etc/passwd\0')).toBe('.._.._etc_passwd');
  expect(safeName('a\\b\r\nc')).toBe('a_bc');
  expect(safeName('x'.repeat(500))).toHaveLength(255);
});

test('every language has texts of its own', () => {
  for (const messages of [viewMessages, openingMessages, sourceMessages]) {
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

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { requireFileName } from '../../src/core/files/file-name.ts';
import { failureOf } from './failure-of.ts';

describe('a file name', () => {
  test.each([
    ...[
      'photo.jpg',
      'a',
      '.htaccess',
      '...',
      'a..b',
      ' a ',
      '%2e%2e',
      '😀.png',
      'na\u00efve',
      'ファイル.txt',
      '"\'<>&;|',
    ],
    ...['x'.repeat(255), '😀'.repeat(255), 'CON', 'a?b#c'],
  ])('is accepted unchanged: %j', (name) => {
    expect(requireFileName(name)).toBe(name);
  });

  test.each([
    ...[
      '',
      '.',
      '..',
      '../photo.jpg',
      'a/b',
      '/',
      '\\',
      'a\\b',
      '..\\a',
      'a\0b',
      'a\nb',
      'a\rb',
      '\t',
      '\x7f',
      '\x9f',
    ],
    ...['\u2028', '\u2029', '\ud800', 'a\udc00b', '\ufffd', 'x'.repeat(256), '😀'.repeat(256)],
  ])('is rejected: %j', async (name) => {
    expect(await failureOf(() => requireFileName(name))).toMatchObject({ code: 'invalid', field: 'name' });
  });

  test('that is accepted is one segment of a path, and unchanged by a URL', () => {
    const isTaken = (name: string) => {
      try {
        return requireFileName(name) === name;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }).filter(isTaken), (name) => {
        const { pathname } = new URL(`http://a/f/id/${encodeURIComponent(name)}`);
        expect(pathname.split('/')).toHaveLength(4);
        expect(decodeURIComponent(pathname.split('/')[3] ?? '')).toBe(name);
      }),
    );
  });
});

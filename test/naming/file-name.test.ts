import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { requireFileName } from '../../src/core/files/file-name.ts';
import { fitFileName, isFileName, withoutBidiControls } from '../../src/naming/file-name.ts';
import { safeName } from '../../src/web/view/opening/content.ts';

const bidi = [...'\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'];
/** Names with characters of every plane, and with forbidden ones more often than by chance. */
const anyName = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      ...bidi,
      '.',
      '/',
      '\\',
      '\0',
      '\x1b',
      '\x9b',
      '\ufffd',
      '\ud800',
      '\u2028',
      'a',
      'é',
      '😀',
    ),
  ),
  maxLength: 300,
});

describe('the name of a local file', () => {
  test('becomes a name that the server accepts, for any input', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const fit = fitFileName(name);
        expect(isFileName(fit)).toBe(true);
        expect(requireFileName(fit)).toBe(fit);
        expect(fitFileName(fit)).toBe(fit);
      }),
    );
  });

  test.each([
    ['notes.txt', 'notes.txt'],
    ['new\nline.txt', 'new_line.txt'],
    ['a\u202efdp.exe', 'afdp.exe'],
    ['l\ufffdtin.txt', 'l_tin.txt'],
    ['..', '_'],
    ['', '_'],
    ['\u202e', '_'],
    [`${'x'.repeat(300)}`, 'x'.repeat(255)],
  ])('%j becomes %j', (name, fit) => {
    expect(fitFileName(name)).toBe(fit);
  });
});

describe('bidirectional controls', () => {
  test('are all removed, and nothing else is', () => {
    expect(withoutBidiControls(`a${bidi.join('')}b\u200d\u200b\u00ad`)).toBe('ab\u200d\u200b\u00ad');
    expect(requireFileName(`a${bidi.join('b')}`)).toBe(`a${'b'.repeat(bidi.length - 1)}`);
    expect(safeName(`a${bidi.join('')}b`)).toBe('ab');
    for (const character of bidi) expect(() => requireFileName(character)).toThrow();
  });
});

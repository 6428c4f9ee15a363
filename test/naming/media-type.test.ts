import { describe, expect, test } from 'bun:test';
import * as linguist from 'linguist-languages';
import { lookup } from 'mime-types';
import { fileTypeOf, isTextHead, textTypeOf } from '../../src/naming/media-type.ts';
import { syntaxOf } from '../../src/web/shell/syntaxes.ts';

const source = Buffer.from('let x = 1;\n');
/** The sync byte of an MPEG transport stream, and bytes that are not UTF-8 (ISO/IEC 13818-1). */
const film = Uint8Array.of(0x47, 0x40, 0x11, 0x10, 0x00, 0xff);
const typeOf = (name: string, head: Uint8Array = source) => fileTypeOf(name, head, lookup(name) || undefined);

describe('the type of a file', () => {
  test.each([
    ['a.ts', 'text/x-typescript'],
    ['A.TS', 'text/x-typescript'],
    ['a.b.mts', 'text/x-typescript'],
    ['a.tsx', 'text/x-typescript'],
    ['a.rs', 'text/x-rust'],
    ['a.cpp', 'text/x-c++'],
    ['a.bat', 'text/plain'],
    ['a.cjs', 'text/javascript'],
    ['a.py', 'text/x-python'],
    ['a.toml', 'text/x-toml'],
    ['Makefile', 'text/x-makefile'],
    ['id_ed25519.pub', 'text/plain'],
    ['server.key', 'text/plain'],
    ['chain.pem', 'text/plain'],
    // The registered type is right, or there is none.
    ['a.html', 'text/html'],
    ['a.json', 'application/json'],
    ['a.svg', 'image/svg+xml'],
    ['a.md', 'text/markdown'],
    ['a.rtf', 'application/rtf'],
    ['a.unknown', 'text/plain'],
  ])('%s with text is %s', (name, type) => {
    expect(typeOf(name)).toBe(type);
  });

  test.each([
    ['a.ts', 'video/mp2t'],
    ['a.pub', 'application/x-mspublisher'],
    ['a.key', 'application/vnd.apple.keynote'],
    ['a.unknown', undefined],
  ])('%s with other bytes is %p', (name, type) => {
    expect(typeOf(name, film)).toBe(type);
  });

  test('does not follow from a name without an extension', () => {
    for (const name of ['ts', '.ts', 'a.', 'a.ts.', 'ts.', '', '.', 'file'])
      expect([name, textTypeOf(name)]).toEqual([name, undefined]);
  });

  /** Programming languages written in XML. Browsers get them as plain text anyway. */
  const xml = new Set(['xpl', 'xsl', 'xslt', 'rbxs']);

  test('is text for every extension of a programming language, whatever the registry says', () => {
    const languages = Object.values(linguist) as { type?: string; extensions?: string[] }[];
    const allExtensions = languages
      .filter(({ type }) => type === 'programming')
      .flatMap(({ extensions = [] }) => extensions.map((extension) => extension.slice(1).toLowerCase()));
    expect(allExtensions.length).toBeGreaterThan(500);
    const wrong = [...new Set(allExtensions)]
      .filter((extension) => !xml.has(extension) && !/[^a-z0-9+]/.test(extension))
      .map((extension) => [extension, typeOf(`a.${extension}`)])
      .filter(([, type]) => !type?.startsWith('text/'));
    expect(wrong).toEqual([]);
  });

  test.each([
    ...['cer', 'crt', 'csr', 'key', 'p7b', 'p8', 'pem', 'pub', 'asc', 'sig'],
    ...[
      'env',
      'cfg',
      'conf',
      'ini',
      'properties',
      'toml',
      'yaml',
      'yml',
      'plist',
      'reg',
      'lock',
      'tf',
      'hcl',
    ],
  ])('is text for keys and configuration: .%s', (extension) => {
    expect(typeOf(`a.${extension}`)).toStartWith('text/');
  });

  test.each([
    ['application/rls-services+xml', 'a.rs', 'rust'],
    ['video/mp2t', 'a.ts', 'typescript'],
    ['application/x-httpd-php', 'a.php', 'php'],
    ['application/atom+xml', 'a.atom', 'xml'],
    ['application/atom+xml', null, 'xml'],
    // A type that names the language takes precedence over the file name.
    ['text/x-python', 'a.rs', 'python'],
    ['application/json', 'a.ts', 'json'],
  ])('%s under the name %p is highlighted as %s', (type, name, syntax) => {
    expect(syntaxOf(type, name)?.name).toBe(syntax);
  });

  test('has a syntax if it names a programming language', () => {
    for (const name of [
      'a.graphql',
      'a.toml',
      'a.sql',
      'a.sh',
      'a.yml',
      'a.cpp',
      'a.cs',
      'Dockerfile',
      'a.swift',
      'a.r',
    ])
      expect([name, syntaxOf(textTypeOf(name) ?? '') !== undefined]).toEqual([name, true]);
  });

  test('is not text if the content has a NUL or an invalid character', () => {
    expect(isTextHead(Buffer.from('ä€😀'))).toBe(true);
    expect(isTextHead(Buffer.from('ä€😀').subarray(0, -1))).toBe(true);
    expect(isTextHead(Buffer.from('a\0b'))).toBe(false);
    expect(isTextHead(Buffer.from('l\xe4tin', 'latin1'))).toBe(false);
  });
});

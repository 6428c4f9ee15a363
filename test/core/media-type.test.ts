import { describe, expect, test } from 'bun:test';
import {
  essenceOf,
  requireMediaType,
  safePresentation,
  servedMediaType,
} from '../../src/core/coding/media-type.ts';
import { messageOf } from '../../src/core/failure.ts';
import { failureOf } from './failure-of.ts';

describe('media types', () => {
  test.each([
    'text/plain',
    'text/plain; charset=utf-8',
    'Text/HTML',
    'application/vnd.api+json',
    'multipart/form-data; boundary="a b"',
    'x/y',
    `text/${'x'.repeat(250)}`,
  ])('%p is kept unchanged', (text) => {
    expect(requireMediaType(text)).toBe(text);
  });

  test.each([
    ['', 'nothing'],
    ['text', 'no subtype'],
    ['text/', 'an empty subtype'],
    ['/plain', 'an empty type'],
    ['te xt/plain', 'a space inside'],
    ['text/plain\r\nX-Injected: 1', 'a line end'],
    ['text/plain\n', 'a trailing line end'],
    ['text/plain; name=ü', 'a character no header carries'],
    ['text/plain; name=\u0000', 'NUL'],
    [`text/${'x'.repeat(251)}`, 'more than 255 characters'],
    ['*', 'a star'],
    ['*/*', 'a range'],
    ['text/*', 'a range'],
    ['TEXT/*;q=0.5', 'a range'],
  ])('%p is rejected: %s', async (text) => {
    const failure = await failureOf(() => requireMediaType(text));
    expect(failure.code).toBe('invalid');
    expect(failure.message).toStartWith('mediaType ');
  });

  test('the message uses the API’s name of the invalid field', async () => {
    const failure = await failureOf(() => requireMediaType('bad'));
    expect(messageOf(failure, { mediaType: 'content_type' })).toBe(
      'content_type must be a valid MIME type, such as text/plain',
    );
    expect(messageOf(failure, {})).toBe('mediaType must be a valid MIME type, such as text/plain');
  });

  test('the essence is in lower case and without parameters', () => {
    expect(essenceOf('Text/HTML; Charset=UTF-8')).toBe('text/html');
    expect(essenceOf('nonsense')).toBeUndefined();
  });
});

describe('user content', () => {
  // WHATWG MIME Sniffing, "JavaScript MIME type".
  test.each([
    'application/ecmascript',
    'application/javascript',
    'application/x-ecmascript',
    'application/x-javascript',
    'text/ecmascript',
    'text/javascript',
    'text/javascript1.0',
    'text/javascript1.1',
    'text/javascript1.2',
    'text/javascript1.3',
    'text/javascript1.4',
    'text/javascript1.5',
    'text/jscript',
    'text/livescript',
    'text/x-ecmascript',
    'text/x-javascript',
  ])('of the type %s, JavaScript, is shown as text', (type) => {
    expect(safePresentation(type)).toBe('as-text');
  });

  test.each([
    'text/html',
    'TEXT/HTML',
    'text/html;charset=utf-8',
    'text/html ; x="image/png"',
    'application/xhtml+xml',
    'image/svg+xml',
    'image/svg+xml; charset=utf-8',
    'text/xml',
    'application/xml',
    'application/atom+xml',
    'application/mathml+xml',
    'text/xsl',
    'application/xslt+xml',
  ])('of the type %p, which a browser may run, is shown as text', (type) => {
    expect(safePresentation(type)).toBe('as-text');
  });

  test.each(['application/pdf', 'application/x-shockwave-flash', 'multipart/related', 'message/rfc822'])(
    'of the type %s is served as a download',
    (type) => {
      expect(safePresentation(type)).toBe('as-attachment');
    },
  );

  test.each([
    'text/plain',
    'application/json',
    'image/png',
    'video/mp4',
    'application/octet-stream',
    'text/csv',
  ])('of the type %s is served unchanged', (type) => {
    expect(safePresentation(type)).toBe('as-is');
  });
});

describe('the type that is served', () => {
  test.each([
    ['text/plain', true, 'text/plain; charset=utf-8'],
    ['text/plain', false, 'text/plain'],
    ['text/plain;syntax=none', true, 'text/plain;syntax=none; charset=utf-8'],
    ['text/plain; charset=ISO-8859-1', false, 'text/plain;charset=ISO-8859-1'],
    ['text/plain; charset=iso-8859-1', true, 'text/plain;charset=iso-8859-1'],
    ['text/html', true, 'text/plain; charset=utf-8'],
    ['text/html', false, 'text/plain'],
    ['text/html; charset=windows-1252', false, 'text/plain; charset=windows-1252'],
    ['application/json', true, 'application/json'],
    ['image/png', false, 'image/png'],
    ['*/*', true, 'application/octet-stream'],
    ['text/*', true, 'application/octet-stream'],
    ['nonsense', true, 'application/octet-stream'],
  ])('of %j, with UTF-8 content: %p, is %j', (type, isUtf8, served) => {
    expect(servedMediaType(type, safePresentation(type), isUtf8)).toBe(served);
  });
});

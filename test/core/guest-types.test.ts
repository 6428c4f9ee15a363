import { describe, expect, test } from 'bun:test';
import { isRefusedToGuests } from '../../src/core/files/guest-types.ts';

describe('a guest', () => {
  test.each([
    ...[
      'text/html',
      'TEXT/HTML; charset=utf-8',
      'application/xhtml+xml',
      'text/javascript',
      'application/javascript',
    ],
    ...[
      'application/x-javascript',
      'text/x-sh',
      'application/x-sh',
      'application/x-msdownload',
      'application/x-msi',
    ],
    ...[
      'application/x-executable',
      'application/vnd.microsoft.portable-executable',
      'application/java-archive',
    ],
    ...['application/vnd.android.package-archive', 'application/x-httpd-php', ' text/html '],
  ])('may not upload %s: a page, a script or a program', (mediaType) => {
    expect(isRefusedToGuests(mediaType)).toBe(true);
  });

  test.each([
    ...[
      'application/octet-stream',
      'image/jpeg',
      'text/plain',
      'application/pdf',
      'application/json',
      'video/mp4',
    ],
    ...['application/zip', 'text/htmlx', 'x-text/html', 'font/woff2'],
  ])('may upload %s', (mediaType) => {
    expect(isRefusedToGuests(mediaType)).toBe(false);
  });
});

import { describe, expect, test } from 'bun:test';
import type { FileServerOf } from '../../file-server.ts';
import { type Base, exampleText, newClient, uploaded } from '../client.ts';

/** File names of clients, long and odd ones. */
export function names(server: FileServerOf, base: Base): void {
  describe('file names', () => {
    test.each([
      'photo.jpg',
      'no extension',
      '.hidden',
      'two..dots',
      'ünïcödé €.txt',
      'emoji 😀👨‍👩‍👧.png',
      'quotes \' " `.txt',
      'percent %2e%2e%2f 100%.txt',
      '#hash?query=1&b.txt',
      'a;b=c.txt',
      '<script>alert(1)<script>.txt',
      '文件.pdf',
      'x'.repeat(255),
      '😀'.repeat(255),
      'COM1',
      '-rf',
      '~',
    ])('%s is returned unchanged, and its URL serves the bytes', async (filename) => {
      const client = await newClient((await server()).url, base);
      const file = await uploaded(client, { filename });
      expect(file.original_name).toBe(filename);
      // 128 random bits before the name (docs/contract/putput.md, "Files").
      expect(file.public_name).toMatch(/^[0-9a-f]{32}\//);
      expect(file.public_name.slice(33)).toBe(filename);
      const { pathname, search, hash } = new URL(file.public_url ?? '');
      expect(decodeURIComponent(pathname)).toBe(`/f/${file.public_name}`);
      expect(search + hash).toBe('');
      const response = await fetch(file.public_url ?? '');
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(exampleText);
      // RFC 6266: for every name, the header is one line, and adds no other header.
      expect(response.headers.get('content-disposition')).toMatch(/^inline; filename[*=]/);
    });

    test('two files of one name have different URLs', async () => {
      const client = await newClient((await server()).url, base);
      const [one, other] = [await uploaded(client), await uploaded(client)];
      expect(one.public_name).not.toBe(other.public_name);
      expect(one.id).not.toBe(other.id);
    });
  });
}

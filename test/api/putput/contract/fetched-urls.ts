import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import {
  type Base,
  type Client,
  type Code,
  call,
  expectError,
  type File,
  list,
  newClient,
} from '../client.ts';
import { type Remote, startRemote } from '../remote.ts';

/** `POST /upload/url`, with a server that may call loopback (`WEBHOOK_ALLOW_PRIVATE`). */
export function fetchedUrls(server: FileServerOf, base: Base): void {
  let remote: Remote;
  beforeAll(async () => {
    remote = await startRemote();
  });
  afterAll(() => remote.stop());

  const fetched = async (client: Client, body: Record<string, unknown>): Promise<File> =>
    (await answered<{ file: File }>(call(client, 'POST', '/upload/url', body))).file;

  describe('fetch by URL', () => {
    test.each([
      ['/photo.jpg', 'photo.jpg', 'image/jpeg', 'a photo'],
      ['/named', 'from header.png', 'image/png', 'a picture'],
      ['/untyped', 'untyped', 'application/octet-stream', 'who knows'],
      ['/', 'download', 'text/plain', 'the root'],
      ['/chunked.bin', 'chunked.bin', 'application/octet-stream', 'x'.repeat(100_000) + 'y'.repeat(100_000)],
      ['/away', 'photo.jpg', 'image/jpeg', 'a photo'],
      ['/traversal', 'download', 'text/plain', 'x'],
    ])('%s becomes a file', async (path, original_name, content_type, bytes) => {
      const running = await server();
      const client = await newClient(running.url, base);
      const file = await fetched(client, { url: remote.url + path });
      expect({ ...file }).toMatchObject({ original_name, content_type, size_bytes: bytes.length });
      expect((await list(client)).files).toEqual([file]);
      expect(await (await fetch(file.public_url ?? '')).text()).toBe(bytes);
      expect(await usageOf(running, client.token)).toEqual({
        ...nothing,
        storedBytes: bytes.length,
        storedObjects: 1,
      });
    });

    test('the request’s properties of the file have precedence over the server’s', async () => {
      const client = await newClient((await server()).url, base);
      const given = { prefix: 'p', metadata: { a: 'b' }, tags: ['t'], visibility: 'private' };
      const named = { filename: 'mine.txt', content_type: 'text/plain', ...given };
      const file = await fetched(client, { url: `${remote.url}/photo.jpg`, ...named });
      expect({ ...file }).toMatchObject({ original_name: 'mine.txt', content_type: 'text/plain', ...given });
      expect(file.public_url).toBeNull();
    });

    test.each<[string, Code]>([
      ['/page.html', 'CONTENT_TYPE_BLOCKED'],
      ['/large.bin', 'FILE_TOO_LARGE'],
      ['/missing', 'VALIDATION_ERROR'],
      ['/broken', 'VALIDATION_ERROR'],
      ['/cut.bin', 'VALIDATION_ERROR'],
      ['/round', 'VALIDATION_ERROR'],
    ])('%s is rejected, and nothing is stored', async (path, code) => {
      const running = await server();
      const client = await newClient(running.url, base);
      const message = await expectError(
        await call(client, 'POST', '/upload/url', { url: remote.url + path }),
        code,
      );
      expect(message).not.toContain('canary');
      expect((await list(client)).files).toEqual([]);
      expect(await usageOf(running, client.token)).toEqual(nothing);
    });

    test.each([
      [undefined],
      [null],
      [1],
      [{}],
      [['http://127.0.0.1/']],
      [''],
      ['nonsense'],
      ['//127.0.0.1/'],
      ['/etc/passwd'],
      ['file:///etc/passwd'],
      ['ftp://127.0.0.1/x'],
      ['data:text/plain,x'],
      ['javascript:alert(1)'],
      ['gopher://127.0.0.1:25/x'],
      ['http://'],
      ['http://user:secret@127.0.0.1/'],
      ['http://127.0.0.1:99999/'],
      ['http://999.0.0.1/'],
    ])('the url %p is rejected by name', async (url) => {
      const client = await newClient((await server()).url, base);
      const message = await expectError(
        await call(client, 'POST', '/upload/url', { url }),
        'VALIDATION_ERROR',
      );
      expect(message).toStartWith('url');
      expect(message).not.toContain('secret');
    });

    test('the error for an unreachable server reveals nothing about networks', async () => {
      const client = await newClient((await server()).url, base);
      const response = await call(client, 'POST', '/upload/url', { url: 'http://127.0.0.1:1/x' });
      expect(await expectError(response, 'VALIDATION_ERROR')).not.toMatch(/127|ECONN|refused|port/i);
    });
  });
}

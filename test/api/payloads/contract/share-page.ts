import { describe, expect, test } from 'bun:test';
import { create, expectError, type ServerOf, unknownId, upload } from '../server.ts';

/** The Accept header of a current browser for a page. */
const browser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

/** `/p`, the share URL: a page for a browser, the bytes for other clients. */
export function sharePage(server: ServerOf): void {
  const get = async (id: string, headers: Record<string, string> = {}) =>
    fetch(`${(await server()).url}/p/${id}`, { headers });

  describe('/p', () => {
    test('a browser gets a page that links to the bytes, and runs only scripts of this server', async () => {
      const { hash_id } = await create(await server(), { content: 'shared text' });
      const response = await get(hash_id, browser);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('content-security-policy')).toContain("script-src 'self';");
      expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('vary')).toContain('Accept');
      const page = await response.text();
      expect(page).toContain(`/raw/${hash_id}`);
      expect(page.match(/<script[^>]*src=[^>]*>/g)?.join()).toMatch(
        /^<script type="module" src="\/assets\/[\w-]+\.js">$/,
      );
    });

    test.each(['*/*', 'application/json', 'image/avif,image/webp,*/*'])(
      'a client that accepts %s gets the bytes, as from /raw',
      async (accept) => {
        const running = await server();
        const { hash_id } = await create(running, { content: 'shared text' });
        const response = await get(hash_id, { Accept: accept });
        const raw = await fetch(`${running.url}/raw/${hash_id}`);
        expect(await response.text()).toBe('shared text');
        for (const name of ['content-type', 'etag', 'content-security-policy', 'x-content-type-options'])
          expect(response.headers.get(name)).toBe(raw.headers.get(name));
        // A cached response must not be used for another page's origin.
        expect(response.headers.get('vary')).toBe('Origin, Accept');
      },
    );

    test('uploaded HTML is never served as HTML', async () => {
      const id = await upload(await server(), '<h1>hi</h1><script>alert(1)</script>', { name: 'x.html' });
      expect((await get(id)).headers.get('content-type')).toBe('text/plain; charset=utf-8');
      const page = await (await get(id, browser)).text();
      expect(page).not.toContain('<script>');
    });

    test('an unknown id is 404: a page for a browser, an error for other clients', async () => {
      const page = await get(unknownId, browser);
      expect(page.status).toBe(404);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      await expectError(await get(unknownId), 404);
    });

    test('a counted payload gives the page to a browser and a line that names /raw to curl', async () => {
      const running = await server();
      const { hash_id } = await create(running, { content: 'the secret itself', max_reads: 2 });
      const page = await get(hash_id, browser);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await page.text()).not.toContain('the secret itself');
      const line = await get(hash_id);
      expect(line.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      const text = await line.text();
      expect(text).toContain(`${running.url}/raw/${hash_id}`);
      expect(text).toMatch(/^[^\n]+\n$/);
    });

    test('a trailing slash changes nothing', async () => {
      const { hash_id } = await create(await server());
      expect((await get(`${hash_id}/`, browser)).status).toBe(200);
      expect(await (await get(`${hash_id}/`)).text()).toBe('Hello, World!');
    });
  });
}

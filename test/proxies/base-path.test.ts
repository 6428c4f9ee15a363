import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { OpenPage } from '../support/browser.ts';
import { openPage } from '../support/browser.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { freePort } from '../support/ports.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { startCaddy, startNginx, type WebProxy } from '../support/web-proxies.ts';
import { openComposePage } from '../web/compose-page.ts';

const basePath = '/tools/paste';
const proxies = [
  { name: 'nginx, which removes the base path', start: startNginx, strips: true },
  { name: 'nginx, which keeps the base path', start: startNginx, strips: false },
  { name: 'Caddy, which removes the base path', start: startCaddy, strips: true },
  { name: 'Caddy, which keeps the base path', start: startCaddy, strips: false },
];

for (const { name, start, strips } of proxies)
  await suiteWith(['nginx', 'caddy', 'chromium'], `Mayfly below a path, behind ${name}`, () => {
    let proxy: WebProxy;
    let mayfly: MayflyProcess;
    let url: string;
    beforeAll(async () => {
      const port = await freePort();
      proxy = await start({ ports: [port], basePath, strips });
      url = `${proxy.origin}${basePath}`;
      mayfly = await startMayfly({
        env: { PORT: String(port), PUBLIC_URL: url, TRUSTED_PROXIES: '127.0.0.1' },
      });
    });
    afterAll(async () => {
      await mayfly.stop();
      await proxy.stop();
    });

    const visit = async (work: (open: OpenPage) => Promise<void>) => {
      const open = await openPage();
      await work(open);
      expect(open.conduct).toEqual({ errors: [], elsewhere: [] });
      await open.context.close();
    };

    test('shares a text on the page, shows it, and lists and deletes it', async () => {
      const { page, context, conduct, links } = await openComposePage(`${url}/`);
      await page.fill('textarea', 'below a path');
      await page.keyboard.press('Control+Enter');
      const [link = ''] = await links(1);
      expect(link).toStartWith(`${url}/p/`);
      await page.goto(link);
      await page.waitForSelector('.code pre');
      expect(await page.textContent('.code pre')).toContain('below a path');
      expect(await page.getAttribute('a.raw', 'href')).toStartWith(`${basePath}/raw/`);
      await page.click('header nav a >> nth=1');
      await page.waitForURL(`${url}/pastes`);
      expect(await page.locator('a.name').getAttribute('href')).toBe(link);
      expect(conduct).toEqual({ errors: [], elsewhere: [] });
      await context.close();
    });

    test('keeps every link, script and form of its pages below the path', async () => {
      for (const path of [
        '/',
        '/pastes',
        '/account',
        '/docs',
        '/docs/errors/forbidden',
        `/p/${'0'.repeat(32)}`,
      ]) {
        const html = await (await fetch(`${url}${path}`, { headers: { accept: 'text/html' } })).text();
        const addresses = [...html.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)].map(([, found]) => found);
        expect(addresses.length).toBeGreaterThan(5);
        expect(addresses.filter((found) => !found?.startsWith(`${basePath}/`))).toEqual([]);
      }
    });

    // Proxies of one kind pass on the same requests for the pages below, so one of each kind is enough.
    const once = start === startNginx ? test : undefined;
    once?.('shows a read that is counted, code in colours, and the page of the API', async () => {
      const put = (path: string, type: string, body: string) =>
        fetch(`${url}${path}`, { method: 'PUT', headers: { 'content-type': type }, body });
      const counted = (await (await put('/once.txt?max_reads=1', 'text/plain', 'once')).text()).trim();
      const code = (await (await put('/one.js', 'text/javascript', 'const one = 1;')).text()).trim();
      await visit(async ({ page }) => {
        await page.goto(counted);
        await page.click('.gate button');
        await page.waitForSelector('.code pre');
        await page.goto(code);
        await page.waitForSelector('.code-keyword');
      });
      await visit(async ({ page }) => {
        await page.goto(`${url}/docs`);
        await page.click('.operation summary');
        await page.click('header a.brand');
        await page.waitForURL(`${url}/`);
      });
    });

    test('remembers the theme for its own path only', async () => {
      await visit(async ({ page, context }) => {
        await page.goto(`${url}/`);
        await page.click('button.theme-switch');
        // The browser stores it in another process than the page's.
        const cookies = await waitFor('the cookie', async () => {
          const found = await context.cookies(`${url}/`);
          return found.length > 0 && found;
        });
        expect(cookies.map(({ path }) => path)).toEqual([`${basePath}/`]);
      });
    });

    test('returns URLs below the path from the payload API', async () => {
      const created = await fetch(`${url}/api/v1/payloads`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: 'x', mime_type: 'text/plain' }),
      });
      expect(created.status).toBe(201);
      const { url: link, hash_id } = (await created.json()) as { url: string; hash_id: string };
      expect(link).toBe(`${url}/p/${hash_id}`);
      expect(created.headers.get('location')).toBe(`${basePath}/api/v1/payloads/${hash_id}`);
      const read = await fetch(new URL(created.headers.get('location') ?? '', url));
      expect(await read.json()).toMatchObject({ content: 'x' });
    });

    test('signs working URLs for uploads, and has a claim page that works without scripts', async () => {
      const guest = (await (await fetch(`${url}/api/v1/auth/guest`, { method: 'POST' })).json()) as {
        token: string;
        claim_url: string;
      };
      expect(guest.claim_url).toStartWith(`${url}/login?claim=`);
      expect(await (await fetch(guest.claim_url)).text()).toContain(`action="${basePath}/login"`);
      const headers = { authorization: `Bearer ${guest.token}`, 'content-type': 'application/json' };
      const presign = await fetch(`${url}/api/v1/upload/presign`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ filename: 'a.txt', content_type: 'text/plain', size_bytes: 4 }),
      });
      const { upload_id, presigned_url } = (await presign.json()) as Record<string, string>;
      expect(presigned_url).toStartWith(`${url}/signed/`);
      const put = { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'text' };
      expect((await fetch(presigned_url ?? '', put)).status).toBe(200);
      const confirm = await fetch(`${url}/api/v1/upload/confirm`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ upload_id }),
      });
      const { file } = (await confirm.json()) as { file: { public_url: string } };
      expect(file.public_url).toStartWith(`${url}/f/`);
      expect(await (await fetch(file.public_url)).text()).toBe('text');
    });

    test('signs working URLs of objects, and links errors to their pages', async () => {
      const args = ['keys', 'create', '--kind', 'storage', '--account', 'below'];
      const key = await mayflyOutput(mayfly.dataDir, args);
      const call = (method: string, path: string, body?: string) =>
        fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${key}` }, body });
      const bucket = await call('POST', '/v1/buckets', '{"name":"below"}');
      expect(bucket.headers.get('location')).toBe(`${basePath}/v1/buckets/below`);
      const object = await call('PUT', '/v1/buckets/below/objects/a/b.txt', 'object');
      expect(object.headers.get('location')).toBe(`${basePath}/v1/buckets/below/objects/a/b.txt`);
      const sign = '{"key":"a/b.txt","method":"GET","expiresIn":60}';
      const signed = (await (await call('POST', '/v1/buckets/below/sign', sign)).json()) as { url: string };
      expect(signed.url).toStartWith(`${url}/signed/below/a/b.txt?`);
      expect(await (await fetch(signed.url)).text()).toBe('object');
      const missing = (await (await call('GET', '/v1/buckets/below/objects/none')).json()) as {
        error: { docsUrl: string };
      };
      expect(missing.error.docsUrl).toStartWith(`${url}/docs/errors/`);
      expect((await fetch(missing.error.docsUrl)).status).toBe(200);
    });

    test('has its path in the OpenAPI document and in redirects', async () => {
      const document = (await (await fetch(`${url}/openapi.json`)).json()) as { servers: { url: string }[] };
      expect(document.servers).toEqual([{ url: basePath }]);
      const swagger = await fetch(`${url}/swagger`, { redirect: 'manual' });
      expect(swagger.headers.get('location')).toBe(`${basePath}/docs`);
    });

    test('puts and gets from the command line', async () => {
      const env = { MAYFLY_URL: url };
      const link = (await mayflyOutput(mayfly.dataDir, ['put', 'package.json'], env)).split(/\s/)[0] ?? '';
      expect(link).toStartWith(`${url}/p/`);
      expect(await mayflyOutput(mayfly.dataDir, ['get', link], env)).toContain('"name": "mayfly"');
    });
  });

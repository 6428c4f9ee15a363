import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Assets, createPages } from '../../src/api/pages/index.ts';
import type { Exchange } from '../../src/api/shared/exchange.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const unknownPayload = `/p/${'0'.repeat(32)}`;

/** Strict, without anything inline. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

async function pagesOn(runtime: Runtime): Promise<void> {
  await suiteWith(runtime === 'deno' ? ['deno'] : [], `pages on ${runtime}`, () => {
    let mayfly: MayflyProcess;
    beforeAll(async () => {
      mayfly = await startMayfly({ runtime, readyWithinMs: 60_000, env: { MAX_TTL: '30d' } });
    });
    afterAll(() => mayfly.stop());
    const get = (path: string, headers: Record<string, string> = browser, method = 'GET') =>
      fetch(mayfly.url + path, { method, headers });

    test.each([
      ['/', 200],
      ['/pastes', 200],
      ['/account', 200],
      [unknownPayload, 404],
      ['/docs/errors/forbidden', 200],
      ['/docs/errors/no-such-code', 404],
      ['/login?claim=unknown', 404],
    ] as const)('%s is a page with strict security headers', async (path, status) => {
      const response = await get(path);
      expect(response.status).toBe(status);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-robots-tag': 'noindex',
        // The form contains no user data, and the browser restores what was typed.
        'cache-control': path === '/' ? 'no-cache' : 'no-store',
      });
      const varies = (response.headers.get('vary') ?? '').split(', ');
      expect(varies).toEqual(expect.arrayContaining(['Accept', 'Accept-Language', 'Cookie']));
      const html = await response.text();
      expect(html).toStartWith('<!doctype html>\n<html lang="en"');
      // The page has nothing that the policy forbids. Data is not a script.
      expect(html).not.toMatch(
        /<script(?![^>]* (?:src=|type="application\/json"))|<style| style=| on[a-z]+="/,
      );
    });

    test('a page has the language and theme of its reader', async () => {
      const page = async (headers: Record<string, string>) =>
        (await get('/pastes', { ...browser, ...headers })).text();
      expect(await page({ 'Accept-Language': 'xx, fr;q=0.5, ja;q=0.8' })).toContain('<html lang="ja"');
      expect(await page({ Cookie: 'mayfly_language=de; mayfly_theme=dark' })).toContain(
        '<html lang="de" data-theme="dark"',
      );
      for (const odd of ['"><script>', 'toString', '__proto__'])
        expect(await page({ Cookie: `mayfly_language=${odd}; mayfly_theme=${odd}` })).toMatch(
          /^<!doctype html>\n<html lang="en">/,
        );
    });

    test('the root is a page for browsers and a short text for other clients, also for HEAD', async () => {
      const text = await get('/', { Accept: '*/*' });
      expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(text.headers.get('vary')).toContain('Accept');
      const usage = await text.text();
      for (const needed of ['curl -T', '-X DELETE', '--encrypt', '512MiB', '7d', '30d', `${mayfly.url}/docs`])
        expect(usage).toContain(needed);
      expect(Math.max(...usage.split('\n').map((line) => line.length))).toBeLessThan(120);
      const head = await get('/', { Accept: '*/*' }, 'HEAD');
      expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(usage)));
      expect((await get('/', browser, 'HEAD')).headers.get('content-type')).toBe('text/html; charset=utf-8');
    });

    test('/llms.txt has the form of llmstxt.org, and its links work', async () => {
      const response = await get('/llms.txt', {});
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      const text = await response.text();
      const [before = '', ...sections] = text.split(/^## /m);
      expect(before).toMatch(/^# Mayfly\n\n> [^\n]+\n\n/);
      expect(before.slice(2)).not.toMatch(/^#/m);
      expect(sections.length).toBeGreaterThan(1);
      for (const section of sections)
        expect(section).toMatch(/^[^\n]+\n\n(?:- \[[^\]]+\]\([^)]+\): [^\n]+\n)+\n?$/);
      const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link ?? '');
      for (const link of links) {
        expect(link).toStartWith(mayfly.url);
        expect({ link, status: (await fetch(link)).status }).toEqual({ link, status: 200 });
      }
      for (const needed of ['/raw/', 'X-Delete-Token', '--encrypt', '512MiB', '10MiB', '30d', '429'])
        expect(before).toContain(needed);
    });

    test('ShareX can upload, link and delete with /sharex.sxcu', async () => {
      const response = await get('/sharex.sxcu', {});
      expect(response.headers.get('content-disposition')).toBe('attachment; filename="mayfly.sxcu"');
      const uploader = (await response.json()) as Record<string, string> & {
        Headers: Record<string, string>;
      };
      expect(uploader).toMatchObject({ Body: 'MultipartFormData', RequestMethod: 'POST' });
      expect(uploader.DestinationType?.split(', ')).toEqual([
        'ImageUploader',
        'TextUploader',
        'FileUploader',
      ]);
      // The requests of ShareX.
      const form = new FormData();
      form.set(uploader.FileFormName ?? '', new File(['shot'], 'shot.png', { type: 'image/png' }));
      const { RequestURL = '', RequestMethod: method, Headers: headers } = uploader;
      const answer = (await (await fetch(RequestURL, { method, headers, body: form })).json()) as Record<
        string,
        string
      >;
      const filled = (text = '') => text.replace(/\{json:(\w+)\}/g, (_, name: string) => answer[name] ?? '');
      expect(await (await fetch(filled(uploader.URL))).text()).toBe('shot');
      expect(filled(uploader.DeletionURL)).toBe(
        `${mayfly.url}/pastes#delete=${answer.hash_id}:${answer.delete_token}`,
      );
      const refused = await fetch(`${RequestURL}?ttl=never`, { method, headers, body: form });
      Object.assign(answer, await refused.json());
      expect(filled(uploader.ErrorMessage)).toContain('ttl');
    });

    test('/robots.txt keeps crawlers away from shared content', async () => {
      const lines = (await (await get('/robots.txt', {})).text()).split('\n');
      expect(lines).toEqual(
        expect.arrayContaining([
          'User-agent: *',
          ...['/p/', '/raw/', '/f/', '/signed/'].map((path) => `Disallow: ${path}`),
        ]),
      );
    });

    test.each([
      ...['pastes', 'account', 'favicon.ico', 'llms.txt', 'robots.txt', 'sharex.sxcu'],
      ...['login', 'docs', 'swagger', 'openapi.json', 'healthz', 'readyz', 'metrics', 'assets', 'api'],
    ])('a PUT of %s at the root is an upload, and the page is unchanged', async (name) => {
      const response = await fetch(`${mayfly.url}/${name}`, { method: 'PUT', body: 'mine' });
      expect(response.status).toBe(201);
      const raw = (await response.text()).trim().replace('/p/', '/raw/');
      const stored = await fetch(raw);
      expect(await stored.text()).toBe('mine');
      expect(stored.headers.get('content-disposition')).toContain(name);
      expect(await (await get(`/${name}`)).text()).not.toBe('mine');
    });
  });
}

await pagesOn('bun');
await pagesOn('deno');

describe('an upload with the name of a page, or of a file for programs', () => {
  test('is counted like any other; GETs of the plain text files are not', async () => {
    const mayfly = await startMayfly({ env: { RATE_LIMIT: '3' } });
    const ask = async (path: string, init?: RequestInit) =>
      (await fetch(`${mayfly.url}${path}`, init)).status;
    const put = (path: string) => ask(path, { method: 'PUT', body: 'x' });
    const statuses = [
      await put('/llms.txt'),
      await put('/docs'),
      await ask('/account'),
      await put('/pastes'),
    ];
    const uncounted = await Promise.all(
      ['/llms.txt', '/docs', '/healthz', '/assets/x.js'].map((path) => ask(path)),
    );
    await mayfly.stop();
    expect(statuses).toEqual([201, 201, 200, 429]);
    expect(uncounted).toEqual([200, 200, 200, 404]);
  }, 60_000);
});

describe('without a build', () => {
  const pages = createPages(new Assets(temporaryDirectory('web')), undefined);
  const request = new Request('http://localhost/', { headers: { 'Accept-Language': 'de' } });
  const exchange = { request, publicUrl: 'http://localhost', headers: {}, headOnly: false } as Exchange;

  test('pages are plain HTML with the same text', async () => {
    const form = { maxSize: 1, defaultTtl: 1, maxTtl: 1, needsKey: false };
    const html = await pages.reply(exchange, 'compose', 'Neu', form).text();
    expect(html).toContain('<html lang="de">');
    expect(html).toContain('<form');
    expect(html).not.toMatch(/<script|<link/);
  });
});

describe('with S3', () => {
  test('pages can upload to its origin only', () => {
    const pages = createPages(new Assets(temporaryDirectory('web')), 'https://s3.example.com:9000');
    const request = new Request('http://localhost/');
    const exchange = { request, publicUrl: 'http://localhost', headers: {}, headOnly: false } as Exchange;
    const { headers } = pages.reply(exchange, 'pastes', 'x', {});
    expect(headers.get('content-security-policy')).toBe(
      policy.replace("connect-src 'self'", "connect-src 'self' https://s3.example.com:9000"),
    );
  });
});

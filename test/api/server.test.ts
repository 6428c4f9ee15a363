import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { create, expectError } from './payloads/server.ts';

setDefaultTimeout(30_000);

let server: MayflyProcess;
const others: MayflyProcess[] = [];
beforeAll(async () => {
  server = await startMayfly();
});
afterAll(() => Promise.all([server, ...others].map((running) => running.stop())));

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { headers, redirect: 'manual' });

describe('health', () => {
  test('/healthz reports the process, /readyz each store by name', async () => {
    const health = await get('/healthz');
    expect(health.status).toBe(200);
    expect(await health.json()).toEqual({ status: 'ok' });
    const ready = await get('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'ready',
      stores: { database: 'ok', blobs: 'ok', disk: 'ok' },
    });
  });

  test('other methods are 405', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/swagger']) {
      const response = await fetch(server.url + path, { method: 'POST' });
      // A PUT to any name at the root is an upload.
      const allowed = (response.headers.get('allow') ?? '').split(', ').sort();
      expect(allowed).toEqual(['GET', 'HEAD', 'OPTIONS', 'PUT']);
      await expectError(response, 405);
    }
  });
});

test.each([
  ...['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/none'],
  ...['/swagger', '/swagger/json', '/docs/errors/not_found', '/docs/errors/none', '/', '/nowhere', '/login'],
  ...['/favicon.ico', '/robots.txt', '/llms.txt', '/sharex.sxcu', '/assets/none.js', '/pastes', '/account'],
  ...['/v1/none', '/api/none', '/f/none', '/signed/none', '/%'],
])('%s does not allow type sniffing', async (path) => {
  for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
    const { status, headers } = await fetch(server.url + path, { method, redirect: 'manual' });
    expect([method, status, headers.get('x-content-type-options')]).toEqual([method, status, 'nosniff']);
  }
});

describe('/docs', () => {
  test('has every operation of the document, in the groups of its tags', async () => {
    const page = await (await get('/docs')).text();
    const { paths, tags } = (await (await get('/openapi.json')).json()) as {
      paths: Record<string, Record<string, { operationId: string }>>;
      tags: { name: string }[];
    };
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    );
    const shown = [...page.matchAll(/<details class="operation">.*?<p id="(\w+)">/g)].map(([, id]) => id);
    expect(shown.sort()).toEqual(ids.sort() as (string | undefined)[]);
    const headings = [...page.matchAll(/<h2 id="group-[^"]+">([^<]+)</g)].map(([, name]) => name);
    expect(headings).toEqual(tags.map(({ name }) => name));
  });

  test('shows examples of requests and responses', async () => {
    const page = await (await get('/docs')).text();
    const [operation = ''] = page.split('<p id="createPayload">').slice(1);
    const [shown = ''] = operation.split('</details>');
    for (const text of ['Idempotency-Key', 'mime_type', 'Hello, World!', '>201<', 'hash_id', '>413<'])
      expect(shown).toContain(text);
  });

  test('is in the language and theme of each reader, again and again', async () => {
    const shown = async (language: string, theme: string) => {
      const headers = {
        'accept-language': language,
        cookie: `mayfly_theme=${theme}`,
        'accept-encoding': 'gzip',
      };
      const response = await fetch(`${server.url}/docs`, { headers });
      expect(response.headers.get('vary')).toMatch(/Accept-Language.*Cookie/);
      return /<html[^>]*>/.exec(await response.text())?.[0];
    };
    for (const _ of ['first', 'cached', 'compressed']) {
      expect(await shown('en', 'dark')).toMatch(/lang="en".*dark/);
      expect(await shown('de', 'light')).toMatch(/lang="de".*light/);
      expect(await shown('en', 'light')).toMatch(/lang="en".*light/);
    }
  });

  test('is a page like the others: it has a link back, and loads everything from this server', async () => {
    const response = await get('/docs');
    const ofOthers = (await get('/pastes')).headers;
    for (const name of ['content-type', 'content-security-policy', 'referrer-policy'])
      expect(response.headers.get(name)).toBe(ofOthers.get(name));
    const page = await response.text();
    const links = [...page.matchAll(/(?:src|href)="([^"#]*)"/g)].map(([, path = '']) => path);
    for (const path of ['/', '/pastes', '/openapi.json', '/swagger/json']) expect(links).toContain(path);
    for (const path of links) expect([path, (await fetch(server.url + path)).status]).toEqual([path, 200]);
  });

  test('is the target of /swagger', async () => {
    const response = await fetch(`${server.url}/swagger`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([308, '/docs']);
  });
});

await suiteWith(['curl'], 'the first start', ({ curl }) => {
  test('prints one line with the URL and a curl command that works when it is pasted', async () => {
    const fresh = await startMayfly();
    others.push(fresh);
    const line = await waitFor('the line', () =>
      fresh
        .logs()
        .split('\n')
        .find((text) => text.includes('curl')),
    );
    expect(line).toContain(`Mayfly is at ${fresh.url}`);
    const command = line.slice(line.indexOf('try: ') + 'try: '.length);
    const shell = spawnSync('sh', ['-c', command], {
      encoding: 'utf8',
      env: { PATH: `${dirname(curl)}:${process.env.PATH}`, HOME: fresh.dataDir },
      timeout: 20_000,
    });
    expect(shell.status).toBe(0);
    expect(shell.stdout).toMatch(/\/p\/[0-9a-f]{32}\n$/);
    expect(await (await fetch(shell.stdout.trim())).text()).toBe('hello\n');
  });
});

describe("a port of the system's choice", () => {
  test('is in the first line and in every link', async () => {
    const running = startProcess(process.execPath, ['--no-env-file', 'src/main.ts', 'serve'], {
      cwd: checkout,
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', DATA_DIR: temporaryDirectory('data') },
    });
    try {
      const line = await waitFor('the line', () => /Mayfly is at (\S+)/.exec(running.output()));
      const url = line[1] ?? '';
      expect(Number(new URL(url).port)).toBeGreaterThan(0);
      const { url: shared } = await create({ url });
      expect(shared).toStartWith(`${url}/p/`);
    } finally {
      await running.stop();
    }
  });
});

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
  ...['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/start.js', '/docs/swagger-ui.css'],
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
  test('is a page that needs no other host, and all of its files load', async () => {
    const response = await get('/docs');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    });
    const page = await response.text();
    expect(page).not.toMatch(/(?:https?:)?\/\/[a-z0-9]/i);
    const parts = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path = '']) => path);
    expect(parts.length).toBeGreaterThanOrEqual(2);
    for (const path of parts) {
      expect(path).toMatch(/^\/docs\//);
      const part = await get(path);
      expect(part.status).toBe(200);
      const type = path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
      expect(part.headers.get('content-type')).toBe(type);
      expect((await part.bytes()).length).toBeGreaterThan(20);
    }
  });

  test('cannot reach another host: its policy names only this one, and no validator is asked', async () => {
    const policy = (await get('/docs')).headers.get('content-security-policy') ?? '';
    const directives = policy.split(';').map((directive) => directive.trim().split(/\s+/));
    expect(directives.find(([name]) => name === 'default-src')).toEqual(['default-src', "'none'"]);
    expect(directives.find(([name]) => name === 'connect-src')).toEqual(['connect-src', "'self'"]);
    expect(directives.find(([name]) => name === 'script-src')).toEqual(['script-src', "'self'"]);
    for (const [, ...sources] of directives)
      for (const source of sources) expect(source).toMatch(/^'(?:none|self|unsafe-inline)'$|^data:$/);
    // By default, Swagger UI sends documents of public hosts to a public validator.
    expect(await (await get('/docs/start.js')).text()).toContain('validatorUrl: null');
  });

  test('/swagger and /swagger/json redirect to it and to its document', async () => {
    for (const [from, to] of [
      ['/swagger', '/docs'],
      ['/swagger/json', '/openapi.json'],
    ] as const) {
      const response = await get(from);
      expect([301, 302, 307, 308]).toContain(response.status);
      expect(response.headers.get('location')).toBe(to);
      expect((await fetch(server.url + from)).status).toBe(200);
    }
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

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { api, create, expectError, idOf, post, read, unknownId, upload } from './payloads/server.ts';
import { rawRequest, requestText } from './raw-request.ts';

setDefaultTimeout(60_000);

let server: MayflyProcess;
beforeAll(async () => {
  server = await startMayfly({ env: { RATE_LIMIT: '1000000' } });
});
afterAll(() => server.stop());

const browser = { Accept: 'text/html' };
const text = async (path: string, headers: Record<string, string> = {}) =>
  (await fetch(server.url + path, { headers })).text();

describe('headers cannot be injected', () => {
  const lineEnds = ['\r\n', '\n', '\r', '\u2028', '\u0085', '%0d%0a', '\u560d\u560a'];

  test('by a MIME type', async () => {
    for (const end of lineEnds) {
      const mime_type = `text/plain${end}X-Injected: 1`;
      const response = await post(server, { content: 'x', mime_type });
      if (response.status === 201) {
        const { hash_id } = (await response.json()) as { hash_id: string };
        expect((await fetch(`${server.url}/raw/${hash_id}`)).headers.get('x-injected')).toBeNull();
      } else {
        expect(await expectError(response, 400)).toContain('mime_type');
      }
    }
  });

  test('by a file name in the path', async () => {
    for (const end of lineEnds) {
      const name = encodeURIComponent(`a.txt"${end}X-Injected: 1${end}${end}<script>`);
      const response = await fetch(`${server.url}/${name}`, { method: 'PUT', body: 'x' });
      expect([201, 400]).toContain(response.status);
      if (response.status === 400) continue;
      const raw = await fetch(`${server.url}/raw/${idOf((await response.text()).trim())}`);
      expect(raw.headers.get('x-injected')).toBeNull();
      expect(await raw.text()).toBe('x');
    }
  });

  test('by a file name or a type in a form', async () => {
    const parts = [
      ['filename="a\rX-Injected: 1"', 'text/plain'],
      ['filename="a%0d%0aX-Injected: 1"', 'text/plain'],
      ["filename*=UTF-8''a%0d%0aX-Injected:%201", 'text/plain'],
      ['filename="a.txt"', 'text/plain\rX-Injected: 1'],
      ['filename="a\0b.txt"', 'text/plain'],
    ];
    for (const [name, type] of parts) {
      const body = `--b\r\nContent-Disposition: form-data; name="f"; ${name}\r\nContent-Type: ${type}\r\n\r\nx\r\n--b--\r\n`;
      const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
      const response = await fetch(`${server.url}/`, { method: 'POST', headers, body });
      expect([201, 400]).toContain(response.status);
      if (response.status === 400) continue;
      const raw = await fetch(`${server.url}/raw/${idOf((await response.text()).trim())}`);
      expect(raw.headers.get('x-injected')).toBeNull();
      expect(raw.headers.get('content-disposition') ?? '').not.toMatch(/[\r\n\0]/);
    }
  });

  test('by an X-Request-Id, neither into the response nor into the log', async () => {
    const forged = 'x","level":60,"msg":"forged';
    const lines = ['GET / HTTP/1.1', 'Host: localhost', 'Connection: close'];
    for (const id of [forged, 'a\tb', '{}', "'", 'x\\n{"level":60}', '../../etc/passwd']) {
      const request = requestText([...lines, `X-Request-Id: ${id}`]);
      const { headers } = await rawRequest(server.url, request);
      expect(headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
      expect(headers['x-request-id']).not.toBe(id);
    }
    const last = `last-${crypto.randomUUID()}`;
    await read(server, unknownId, { 'X-Request-Id': last });
    await waitFor('the last line', () => server.logs().includes(last));
    expect(server.logs()).not.toContain('forged');
    for (const line of server
      .logs()
      .split('\n')
      .filter((each) => each.startsWith('{')))
      expect((JSON.parse(line) as { level: number }).level).toBeLessThan(60);
  });

  test('by the Host header, into links', async () => {
    const body = '{"content":"x","mime_type":"text/plain"}';
    const lines = [`POST ${api} HTTP/1.1`, 'Host: evil.example', 'X-Forwarded-Host: evil.example'];
    const request = requestText([...lines, `Content-Length: ${body.length}`, 'Connection: close'], body);
    const response = await rawRequest(server.url, request);
    expect(response.status).toBe(201);
    expect((JSON.parse(response.body) as { url: string }).url).toStartWith(`${server.url}/p/`);
    expect(JSON.stringify(response)).not.toContain('evil.example');
  });
});

describe('uploaded content never runs here', () => {
  const planted = '"><script>alert(document.domain)</script><img src=x onerror=alert(1)>\'&amp;{{7*7}}';

  /** A page that shows planted content, whose markup must not become markup of the page. */
  const expectHarmless = (page: string) => {
    const scripts = page.match(/<script[^>]*>/gi) ?? [];
    // The page's own scripts: a file of this server, and data, which no browser runs.
    for (const script of scripts)
      expect(script).toMatch(
        /^<script type="(?:module" src="\/assets\/[\w-]+\.js|application\/json" id="made-of)">$/,
      );
    expect(scripts.length).toBe(2);
    expect(page).not.toMatch(/<img src=x/i);
    expect(page).not.toMatch(/<[a-z]+[^<>]*\son[a-z]+\s*=/i);
  };

  test('a script in the content is shown as text on the page', async () => {
    const { hash_id } = await create(server, { content: `${planted}</pre>${planted}` });
    const page = await text(`/p/${hash_id}`, browser);
    expectHarmless(page);
    expect(page).toContain('&lt;script>alert(document.domain)&lt;/script>');
    expect(page).toContain('&amp;amp;');
  });

  test('a script in the name or the MIME type is shown as text on the page', async () => {
    // A slash cannot be in a name.
    const name = planted.replaceAll('/', '');
    const page = await text(`/p/${await upload(server, 'x', { name: encodeURIComponent(name) })}`, browser);
    expectHarmless(page);
    expect(page).toContain('&lt;script>');
    const mime_type = 'image/png;a="<script>alert(1)</script><img src=x onerror=alert(1)>"';
    const { hash_id } = await create(server, { mime_type });
    expectHarmless(await text(`/p/${hash_id}`, browser));
  });

  test('the policy of the page allows no foreign script', async () => {
    const { hash_id } = await create(server, { content: planted });
    for (const id of [hash_id, unknownId]) {
      const { headers } = await fetch(`${server.url}/p/${id}`, { headers: browser });
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy.split('; ')).toContain("script-src 'self'");
      expect(policy).not.toContain('unsafe');
    }
  });

  test('errors and the page of an unknown id do not repeat the request', async () => {
    const path = encodeURIComponent('<script>alert(1)</script>canary');
    for (const target of [`/p/${path}`, `/raw/${path}`, `${api}/${path}`, `/${path}/${path}`])
      for (const headers of [browser, { Accept: '*/*' }]) {
        const body = await text(target, headers);
        expect(body).not.toContain('canary');
        expect(body).not.toContain('<script>');
      }
  });

  test.each([
    ...[
      'text/html',
      'TEXT/HTML',
      'text/html;charset=utf-7',
      'application/xhtml+xml',
      'image/svg+xml',
      'text/xml',
    ],
    ...['application/xml', 'application/rss+xml', 'text/javascript', 'application/javascript', 'text/xsl'],
    ...[
      'application/pdf',
      'application/x-shockwave-flash',
      'multipart/x-mixed-replace;boundary=a',
      'message/rfc822',
    ],
    ...[
      'text/css',
      'application/json',
      'application/wasm',
      'x/unknown',
      'text/javascript1.5',
      'application/mathml+xml',
    ],
  ])('%s cannot be a document of this origin', async (mime_type) => {
    const { hash_id } = await create(server, { content: '<script>alert(1)</script>', mime_type });
    for (const path of [`/raw/${hash_id}`, `/p/${hash_id}`]) {
      const { headers } = await fetch(server.url + path);
      expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      const type = headers.get('content-type') ?? '';
      const isActive = /html|xml|javascript|ecmascript|xsl|pdf|flash|multipart|message/i.test(type);
      const isDownload = headers.get('content-disposition')?.startsWith('attachment') ?? false;
      expect({ type, runs: isActive && !isDownload }).toEqual({ type, runs: false });
    }
  });
});

describe('nothing outside of the store is reachable', () => {
  const traversals = [
    ...[
      '../../etc/passwd',
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      '..%5c..%5cetc%5cpasswd',
    ],
    ...[
      '..%c0%af..%c0%afetc',
      '%2e%2e',
      '....//....//etc/passwd',
      '/etc/passwd',
      '%00../../etc/passwd',
      'mayfly.db',
    ],
  ];

  test('by ids and paths', async () => {
    const prefixes = ['/raw/', '/p/', `${api}/`, '/docs/', '/', '/swagger/'];
    for (const prefix of prefixes)
      for (const path of traversals) {
        const lines = [`GET ${prefix}${path} HTTP/1.1`, 'Host: localhost', 'Connection: close'];
        const { status, body } = await rawRequest(server.url, requestText(lines));
        expect({ path: prefix + path, status: status >= 500 }).toEqual({
          path: prefix + path,
          status: false,
        });
        expect(body).not.toContain('root:');
        expect(body).not.toContain('SQLite format');
        // A path with dots may resolve to a route of this server, and to nothing else.
        if (status === 200) expect(body).toMatch(/^Mayfly stores content|^<!doctype html>|^\{"status"/);
      }
  });

  test('by names: they are returned and never become a path', async () => {
    const parent = dirname(server.dataDir);
    const before = readdirSync(parent);
    for (const name of traversals) {
      const path = encodeURIComponent(
        decodeURIComponent(name.replaceAll('%c0%af', '/').replaceAll('%00', '')),
      );
      const response = await fetch(`${server.url}/${path}`, { method: 'PUT', body: 'escaped' });
      expect([201, 400, 404]).toContain(response.status);
      const form = new FormData();
      form.append('file', new Blob(['escaped']), `../${name}`);
      const posted = await fetch(`${server.url}/`, { method: 'POST', body: form });
      expect([201, 400]).toContain(posted.status);
    }
    expect(existsSync(`${parent}/passwd`)).toBe(false);
    const here = readdirSync(parent).filter((name) => !before.includes(name) && !name.startsWith('mayfly-'));
    expect(here.filter((name) => /passwd|etc|mayfly\.db/.test(name))).toEqual([]);
    expect(
      readdirSync(server.dataDir).filter(
        (name) => !/^(?:mayfly\.db(?:-wal|-shm|-reserve)?|blobs|secret)$/.test(name),
      ),
    ).toEqual([]);
  });
});

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import { rawRequest, requestText } from './raw-request.ts';

const pdfjs = JSON.parse(readFileSync(join(checkout, 'node_modules/pdfjs-dist/package.json'), 'utf8'));
const pdfData = `pdf-${pdfjs.version.replaceAll('.', '-')}`;

async function assetsOn(runtime: Runtime): Promise<void> {
  await suiteWith(runtime === 'deno' ? ['deno'] : [], `what browsers load, on ${runtime}`, () => {
    let mayfly: MayflyProcess;
    beforeAll(async () => {
      mayfly = await startMayfly({ runtime, readyWithinMs: 60_000 });
    });
    afterAll(() => mayfly.stop());
    const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(mayfly.url + path, { method, headers });

    test('an asset is sent in the accepted coding, and may be cached forever', async () => {
      const [, path = ''] =
        /src="(\/assets\/pastes-[^"]+\.js)"/.exec(
          await (await get('/pastes', { Accept: 'text/html' })).text(),
        ) ?? [];
      const stored = readFileSync(join(checkout, 'build/web', `${path.replace('/assets/', '')}.br`));
      const plain = brotliDecompressSync(stored);
      const ask = async (accepted: string, method = 'GET') => {
        const lines = [
          `${method} ${path} HTTP/1.1`,
          'Host: x',
          `Accept-Encoding: ${accepted}`,
          'Connection: close',
        ];
        // A fetch would decode it.
        const { headers, body } = await rawRequest(mayfly.url, requestText(lines));
        return { headers: new Headers(headers), body: Buffer.from(body, 'latin1') };
      };
      const expected: [string, string | undefined][] = [
        ['gzip, deflate, br, zstd', 'br'],
        ['gzip', 'gzip'],
        ['br;q=0, gzip', 'gzip'],
        ['br;q=0.0, gzip;q=0.1', 'gzip'],
        ['*', 'br'],
        ['*, br;q=0', 'gzip'],
        ['*;q=0', undefined],
        ['identity', undefined],
        ['x-br, agzip', undefined],
        ['', undefined],
      ];
      for (const [accepted, coding] of expected) {
        const { headers, body } = await ask(accepted);
        expect({ accepted, coding: headers.get('content-encoding') ?? undefined }).toEqual({
          accepted,
          coding,
        });
        const decoded =
          coding === 'br' ? brotliDecompressSync(body) : coding === 'gzip' ? gunzipSync(body) : body;
        expect(decoded.equals(plain)).toBe(true);
        expect(headers.get('vary')).toContain('Accept-Encoding');
        expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
        expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
        expect(headers.get('x-content-type-options')).toBe('nosniff');
      }
      const head = await ask('gzip', 'HEAD');
      expect(head.body.length).toBe(0);
      expect(head.headers.get('content-length')).toBe(String((await ask('gzip')).body.length));
    });

    test('data for PDFs is sent unchanged, and may be cached forever', async () => {
      for (const name of ['UniJIS-UCS2-H.bcmap', 'FoxitSymbol.pfb', 'LiberationSans-Regular.ttf']) {
        const response = await get(`/assets/${pdfData}/${name}`, { 'Accept-Encoding': 'br, gzip' });
        expect([name, response.status, response.headers.get('content-encoding')]).toEqual([name, 200, null]);
        expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
        const kept = readFileSync(join(checkout, 'build/web', pdfData, name));
        expect(kept.equals(new Uint8Array(await response.arrayBuffer()))).toBe(true);
      }
    });

    test('other files are not assets', async () => {
      expect(existsSync(join(checkout, 'build/web/manifest.json'))).toBe(true);
      const stored = readdirSync(join(checkout, 'build/web')).find((name) => name.endsWith('.js.br')) ?? '';
      const script = stored.replace('.br', '');
      const names = [
        'manifest.json',
        stored,
        'nothing.js',
        '..%2fmanifest.json',
        '..%2f..%2fpackage.json',
        '%2e%2e%2fstyle.css',
        '..%5cstyle.css',
        `.%2f${script}`,
        `${script}%00.js`,
        `..%2fweb/${script}`,
        `../web%2f${script}`,
        `x/..%2f${script}`,
        `${pdfData}/LICENSE`,
        `${pdfData}%2f..%2f${script}`,
        '',
      ];
      for (const name of names) {
        const response = await get(`/assets/${name}`);
        expect({ name, status: response.status }).toEqual({ name, status: 404 });
        expect(await response.json()).toEqual({ error: 'Not found' });
      }
      expect((await get(`/assets/${script}`, {}, 'PUT')).status).toBe(405);
    });

    test('the licences of the scripts are text, linked at the foot of each page', async () => {
      const page = await (await get('/pastes', { Accept: 'text/html' })).text();
      const [, path = ''] = /href="(\/assets\/licenses\.txt)"/.exec(page) ?? [];
      const response = await get(path);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('public, max-age=86400');
      expect(await response.text()).toContain('highlight.js 11');
    });

    test('/favicon.ico is the icon, which browsers request', async () => {
      const response = await get('/favicon.ico');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('image/svg+xml');
      expect(await response.text()).toStartWith('<svg');
    });
  });
}

await assetsOn('bun');
await assetsOn('deno');

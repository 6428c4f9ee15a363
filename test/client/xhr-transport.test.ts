import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type * as Library from '../../src/client/index.ts';
import { type FileServer, startFileServer } from '../api/file-server.ts';
import { openPage } from '../support/browser.ts';
import { checkout } from '../support/parts.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { suiteWith } from '../support/suite-with.ts';
import { bytesOf, mebibyte, same, someBytes } from './some-content.ts';

declare global {
  var mayfly: typeof Library;
}

const size = 12 * mebibyte + 7;

await suiteWith(['chromium'], 'the client in a browser, by XMLHttpRequest', () => {
  let proxy: TestProxy;
  let server: FileServer;
  let page: Page;
  beforeAll(async () => {
    proxy = await startProxy();
    server = await startFileServer({ env: { PUBLIC_URL: proxy.url } });
    proxy.target = server.port;
    const { outputFiles } = await build({
      entryPoints: [join(checkout, 'src/client/index.ts')],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'mayfly',
    });
    // From another origin, so that CORS applies.
    ({ page } = await openPage({ bypassCSP: true }));
    await page.goto(`${server.url}/healthz`);
    await page.addScriptTag({ content: `${outputFiles[0]?.text};globalThis.mayfly = mayfly;` });
  });
  afterAll(async () => {
    await page.context().close();
    proxy.stop();
    await server.stop();
  });

  async function expectStored(id: string, length: number): Promise<void> {
    const response = await fetch(`${server.url}/raw/${id}`);
    expect(same(await bytesOf(response.body ?? new ReadableStream()), someBytes(length))).toBe(true);
  }

  test.each([size, 3 * mebibyte])('uploads a file of %d bytes, and reports progress', async (length) => {
    const { id, reported } = await page.evaluate(
      async ([url, length]) => {
        const client = mayfly.createClient({ url, transport: mayfly.xhrTransport() });
        const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 12)) % 251);
        const reported: number[] = [];
        const onProgress = ({ sent }: Library.Progress) => void reported.push(sent);
        const { id } = await client.payloads.upload(new File([bytes], 'large.bin'), { onProgress });
        return { id, reported };
      },
      [proxy.url, length] as const,
    );
    expect(reported[0]).toBe(0);
    expect(reported.at(-1)).toBe(length);
    // Each part reports its progress; for one body Chromium reports every 50 ms.
    expect(new Set(reported).size).toBeGreaterThan(length > 8 * mebibyte ? 2 : 1);
    await expectStored(id, length);
  });

  /** Uploads the file in the page. Resolves to its id and the errors that led to a retry. */
  function upload(stalledMs: number): Promise<{ id: string; errors: string[] }> {
    return page.evaluate(
      async ([url, length, stalledMs]) => {
        const transport = mayfly.xhrTransport(stalledMs);
        const client = mayfly.createClient({ url, transport, retry: { firstDelayMs: 50 } });
        const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 12)) % 251);
        const errors: string[] = [];
        const onRetry = ({ error }: Library.Retry) => void errors.push(error.message);
        const { id } = await client.payloads.upload(new Blob([bytes]), { onRetry });
        return { id, errors };
      },
      [proxy.url, size, stalledMs] as const,
    );
  }

  test('retries after a lost connection', async () => {
    const before = proxy.cuts;
    // Chromium itself retries once on a reused connection.
    proxy.cutAfter(...[1, 2, 3, 4, 5, 6].map((at) => at * mebibyte));
    const { id, errors } = await upload(60_000);
    expect(proxy.cuts - before).toBe(6);
    expect(errors).toContain(`No response from ${new URL(proxy.url).host}`);
    await expectStored(id, size);
  });

  test('retries after a stalled connection', async () => {
    proxy.stallAfter(mebibyte);
    const { id, errors } = await upload(1000);
    expect(errors).toContain(`No progress on the connection to ${new URL(proxy.url).host}`);
    await expectStored(id, size);
  });

  test('is aborted by its signal, and reports an unavailable server and a refusal', async () => {
    const [aborted, away, refused, streamed] = await page.evaluate(async (url) => {
      const client = (url: string) =>
        mayfly.createClient({ url, transport: mayfly.xhrTransport(), retry: { tries: 1 } });
      const abort = new AbortController();
      const onProgress = ({ sent }: Library.Progress) => sent > 0 && abort.abort(new Error('enough'));
      const content = new Blob([new Uint8Array(30_000_000)]);
      const messageOf = (promise: Promise<unknown>) =>
        promise.then(String, (error) => `${error.name}: ${error.message}`);
      return [
        await messageOf(client(url).payloads.upload(content, { signal: abort.signal, onProgress })),
        await messageOf(client('http://127.0.0.1:9').payloads.create('x')),
        await messageOf(client(url).payloads.create('x', { ttl: 'soon' })),
        await client(url)
          .payloads.upload({ stream: () => new Blob(['streamed']).stream() })
          .then(({ id }) => client(url).payloads.getJson(id))
          .then(({ content }) => content),
      ];
    }, proxy.url);
    expect(aborted).toBe('Error: enough');
    expect(away).toBe('NetworkError: No response from 127.0.0.1:9');
    expect(refused).toStartWith('MayflyError: ttl');
    expect(streamed).toBe('streamed');
  });
});

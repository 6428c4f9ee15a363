import { afterAll, beforeAll, expect, test } from 'bun:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { newClient, uploaded } from './putput/client.ts';
import { rawRequest, requestText } from './raw-request.ts';

const decode = {
  zstd: zstdDecompressSync,
  br: brotliDecompressSync,
  gzip: gunzipSync,
} as const;
const text = 'All work and no play makes Jack a dull boy. '.repeat(100);

async function compressionOn(runtime: Runtime): Promise<void> {
  await suiteWith(runtime === 'deno' ? ['deno'] : [], `compressed responses, on ${runtime}`, () => {
    let mayfly: MayflyProcess;
    beforeAll(async () => {
      mayfly = await startMayfly({ runtime, readyWithinMs: 60_000 });
    });
    afterAll(() => mayfly.stop());

    const share = async (content: string | Uint8Array, query = '', type = 'text/plain') => {
      const response = await fetch(`${mayfly.url}/${query}`, {
        method: 'POST',
        headers: { 'content-type': type, accept: 'application/json' },
        body: content as BodyInit,
      });
      return ((await response.json()) as { hash_id: string }).hash_id;
    };
    // `fetch` would decode the response.
    const get = async (path: string, lines: string[], method = 'GET') => {
      const { status, headers, body } = await rawRequest(
        mayfly.url,
        requestText([`${method} ${path} HTTP/1.1`, 'Host: x', ...lines, 'Connection: close']),
      );
      return { status, headers: new Headers(headers), body: Buffer.from(body, 'latin1') };
    };
    const codingOf = async (path: string, ...lines: string[]) =>
      (await get(path, ['Accept-Encoding: gzip', ...lines])).headers.get('content-encoding');

    for (const coding of ['zstd', 'br', 'gzip'] as const)
      test(`are in ${coding} if that is accepted, with their own ETag`, async () => {
        const id = await share(text);
        for (const path of [`/raw/${id}`, `/p/${id}`, `/api/v1/payloads/${id}`])
          for (const time of ['first', 'second']) {
            const plain = await get(path, []);
            const coded = await get(path, [`Accept-Encoding: ${coding}`]);
            const seen = { path, time, coding: coded.headers.get('content-encoding') };
            expect(seen).toEqual({ path, time, coding });
            expect(decode[coding](coded.body).equals(plain.body)).toBe(true);
            expect(coded.headers.get('content-length')).toBe(String(coded.body.length));
            expect(coded.headers.get('etag')).toBe(`"${id}-${coding}"`);
            expect(plain.headers.get('etag')).toBe(`"${id}"`);
            for (const { headers } of [plain, coded])
              expect(headers.get('vary')).toContain('Accept-Encoding');
          }
      });

    test('are in the coding that the client prefers', async () => {
      const id = await share(text);
      const expected: [string, string | null][] = [
        ['gzip, deflate, br, zstd', 'zstd'],
        ['gzip;q=1, br;q=0.5', 'gzip'],
        ['*', 'zstd'],
        ['zstd;q=0, *;q=0.1', 'br'],
        ['identity, gzip;q=0.5', null],
        ['identity;q=0.1, gzip', 'gzip'],
        ['deflate', null],
        ['', null],
      ];
      for (const [accepted, coding] of expected) {
        const { headers } = await get(`/raw/${id}`, [`Accept-Encoding: ${accepted}`]);
        expect([accepted, headers.get('content-encoding')]).toEqual([accepted, coding]);
      }
    });

    test('are recognised by the ETag of any coding', async () => {
      const id = await share(text);
      for (const path of [`/raw/${id}`, `/api/v1/payloads/${id}`])
        for (const tag of [`"${id}"`, `"${id}-gzip"`, `W/"${id}-br"`, `"x", "${id}-zstd"`]) {
          const answer = await get(path, [`If-None-Match: ${tag}`, 'Accept-Encoding: gzip']);
          expect([tag, answer.status]).toEqual([tag, 304]);
          expect(tag).toContain(answer.headers.get('etag') ?? 'none');
        }
      const other = await get(`/raw/${id}`, [`If-None-Match: "${id}-lzma"`]);
      expect(other.status).toBe(200);
    });

    test('are not sent if a range, the client or the content excludes it', async () => {
      const id = await share(text);
      expect(await codingOf(`/raw/${id}`, 'Cache-Control: no-transform')).toBeNull();
      const range = await get(`/raw/${id}`, ['Accept-Encoding: gzip', 'Range: bytes=0-9']);
      expect([range.status, range.body.toString()]).toEqual([206, text.slice(0, 10)]);
      const mismatched = [`If-Range: "${id}-gzip"`, 'Range: bytes=0-9', 'Accept-Encoding: gzip'];
      expect((await get(`/raw/${id}`, mismatched)).status).toBe(200);
      expect(await codingOf(`/raw/${await share('x'.repeat(1023))}`)).toBeNull();
      expect(await codingOf(`/raw/${await share('x'.repeat(1024))}`)).toBe('gzip');
      const binary = crypto.getRandomValues(new Uint8Array(4096));
      expect(await codingOf(`/raw/${await share(binary, '', 'application/octet-stream')}`)).toBeNull();
    });

    test('are not sent if reads are counted', async () => {
      const id = await share(text, '?max_reads=2');
      expect(await codingOf(`/raw/${id}`)).toBeNull();
      expect(await codingOf(`/api/v1/payloads/${id}`)).toBeNull();
    });

    test('are not sent with a token', async () => {
      const created = await get('/', ['Accept-Encoding: gzip', 'Content-Length: 0'], 'POST');
      expect(created.headers.get('content-encoding')).toBeNull();
      const guest = await fetch(`${mayfly.url}/api/v1/auth/guest`, { method: 'POST' });
      const { claim_url, token } = (await guest.json()) as { claim_url: string; token: string };
      const claim = claim_url.slice(mayfly.url.length);
      const html = await get(claim, ['Accept: text/html', 'Accept-Encoding: gzip']);
      expect([html.status, html.headers.get('content-encoding')]).toEqual([200, null]);
      expect(await codingOf('/api/v1/files', `Authorization: Bearer ${token}`)).toBeNull();
    });

    test('come from the blob store too, and from pages and documents', async () => {
      const long = text.repeat(100);
      const id = await share(long);
      const coded = await get(`/raw/${id}`, ['Accept-Encoding: br']);
      expect(coded.headers.get('content-encoding')).toBe('br');
      expect(brotliDecompressSync(coded.body).toString()).toBe(long);
      for (const path of ['/', '/pastes', `/p/${id}`])
        expect([path, await codingOf(path, 'Accept: text/html')]).toEqual([path, 'gzip']);
      for (const path of ['/openapi.json', '/llms.txt', '/docs/swagger-ui.css'])
        expect([path, await codingOf(path)]).toEqual([path, 'gzip']);
    });

    test('are complete, in a coding or plain, for any number of concurrent requests', async () => {
      const ids = await Promise.all(
        Array.from({ length: 16 }, (_, index) => share(`${index} ${text.repeat(50)}`)),
      );
      const answers = await Promise.all(ids.map((id) => fetch(`${mayfly.url}/raw/${id}`)));
      const bodies = await Promise.all(answers.map((answer) => answer.text()));
      expect(bodies).toEqual(ids.map((_, index) => `${index} ${text.repeat(50)}`));
    });

    test.each(['/raw', '/p', '/api/v1/payloads'])(
      'have the length and ETag of GET in HEAD of %s, or none (RFC 9110 §8.6)',
      async (path) => {
        const id = await share(text);
        const described = async (method: string) => {
          const { headers } = await get(`${path}/${id}`, ['Accept-Encoding: gzip'], method);
          return ['content-encoding', 'content-length', 'etag', 'vary'].map((name) => headers.get(name));
        };
        const [, length, etag, vary] = await described('HEAD');
        expect([length, etag]).toEqual([null, null]);
        expect(vary).toContain('Accept-Encoding');
        const whole = await described('GET');
        expect(whole[0]).toBe('gzip');
        expect(await described('HEAD')).toEqual(whole);
      },
    );

    test('have the Vary of the whole response in a 206, a HEAD and a 304', async () => {
      const file = await uploaded(await newClient(mayfly.url), { bytes: text });
      const [inline, blob, short] = [await share(text), await share(text.repeat(100)), await share('short')];
      const compressible = [
        ...[inline, blob].flatMap((id) => [`/raw/${id}`, `/p/${id}`, `/api/v1/payloads/${id}`]),
        `/f/${file.public_name}`,
      ];
      const pages = ['/', '/pastes', `/p/${inline}`].map((path) => ({ path, accept: 'text/html' }));
      const documents = ['/openapi.json', '/llms.txt', '/docs/swagger-ui.css', `/raw/${short}`];
      const plain = [...compressible, ...documents].map((path) => ({ path, accept: '*/*' }));
      for (const { path, accept } of [...pages, ...plain]) {
        const varyOf = async (method: string, more: Record<string, string> = {}) => {
          // Repeated headers are joined.
          const answer = await fetch(mayfly.url + path, { method, headers: { accept, ...more } });
          return { path, more, status: answer.status, vary: answer.headers.get('vary') };
        };
        const whole = await varyOf('GET');
        expect(whole.vary?.includes('Accept-Encoding') ?? false).toBe(path !== `/raw/${short}`);
        expect(await varyOf('HEAD')).toEqual(whole);
        if (!compressible.includes(path) || accept === 'text/html') continue;
        const none = { 'if-none-match': '*' };
        for (const method of ['GET', 'HEAD'])
          expect(await varyOf(method, none)).toEqual({ ...whole, more: none, status: 304 });
        const range = { range: 'bytes=0-9' };
        const status = path.startsWith('/api/') ? 200 : 206;
        expect(await varyOf('GET', range)).toEqual({ ...whole, more: range, status });
      }
    });

    test('match If-Match with their own ETag, except for a range (RFC 9110 §13.1.1)', async () => {
      const id = await share(text);
      const statusOf = async (tag: string, ...lines: string[]) =>
        (await get(`/raw/${id}`, [`If-Match: ${tag}`, 'Accept-Encoding: gzip', ...lines])).status;
      for (const tag of [`"${id}"`, `"${id}-gzip"`, `"x", "${id}-br"`])
        expect([tag, await statusOf(tag)]).toEqual([tag, 200]);
      for (const tag of [`W/"${id}-gzip"`, `"${id}-lzma"`, '"x-gzip"'])
        expect([tag, await statusOf(tag)]).toEqual([tag, 412]);
      expect(await statusOf(`"${id}"`, 'Range: bytes=0-9')).toBe(206);
      expect(await statusOf(`"${id}-gzip"`, 'Range: bytes=0-9')).toBe(412);
    });
  });
}

await compressionOn('bun');
await compressionOn('deno');

import { describe, expect, test } from 'bun:test';
import { api, create, expectError, post, read, readJson, type ServerOf, upload } from '../server.ts';

/** Large enough to be a blob with all settings of the contract suite. */
const large = 'counted '.repeat(16 * 1024);

/** Payloads with a limited number of reads. */
export function countedReads(server: ServerOf): void {
  describe('counted reads', () => {
    test.each([
      ['small', 'secret'],
      ['large', large],
    ])('a %s payload is removed after its last read, by JSON or by /raw', async (_size, content) => {
      const running = await server();
      const { hash_id } = await create(running, { content, max_reads: 3 });
      expect(await readJson(running, hash_id)).toEqual({
        content,
        mime_type: 'text/plain',
        expiry_time: expect.any(String),
        reads_left: 2,
      });
      expect(await (await fetch(`${running.url}/raw/${hash_id}`)).text()).toBe(content);
      expect(await readJson(running, hash_id)).toMatchObject({ content, reads_left: 0 });
      await expectError(await read(running, hash_id), 404);
      await expectError(await fetch(`${running.url}/raw/${hash_id}`), 404);
      await expectError(await fetch(`${running.url}/p/${hash_id}`), 404);
    });

    test.each([
      ['small', 'secret'],
      ['large', large],
    ])('one of many readers gets the only read of a %s payload', async (_size, content) => {
      const running = await server();
      const { hash_id } = await create(running, { content, max_reads: 1 });
      const answers = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const path = index % 2 === 0 ? `${api}/${hash_id}` : `/raw/${hash_id}`;
          const response = await fetch(running.url + path);
          await response.bytes();
          return response.status;
        }),
      );
      expect(answers.sort()).toEqual([200, ...Array.from({ length: 39 }, () => 404)]);
    });

    test('/raw has the expiry and the reads left in headers; HEAD has the current number', async () => {
      const running = await server();
      const { hash_id, expiry_time } = await create(running, { content: 'secret', max_reads: 2 });
      const headersOf = async (method: string) => {
        const { headers } = await fetch(`${running.url}/raw/${hash_id}`, { method });
        return [headers.get('x-expires-at'), headers.get('x-reads-left')];
      };
      expect(await headersOf('HEAD')).toEqual([expiry_time, '2']);
      expect(await headersOf('GET')).toEqual([expiry_time, '1']);
      expect(await headersOf('HEAD')).toEqual([expiry_time, '1']);
      expect(await headersOf('GET')).toEqual([expiry_time, '0']);
    });

    test('HEAD, the share URL and its page consume none', async () => {
      const running = await server();
      const { hash_id } = await create(running, { content: 'the secret itself', max_reads: 1 });
      for (const path of [`${api}/${hash_id}`, `/raw/${hash_id}`, `/p/${hash_id}`])
        expect((await fetch(running.url + path, { method: 'HEAD' })).status).toBe(200);
      const visitors: Record<string, string>[] = [
        { 'User-Agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', Accept: '*/*' },
        { 'User-Agent': 'facebookexternalhit/1.1', Accept: 'text/html' },
        { Accept: 'text/html,application/xhtml+xml' },
        { Accept: 'application/json' },
        { Range: 'bytes=0-3' },
      ];
      for (const headers of visitors) {
        const response = await fetch(`${running.url}/p/${hash_id}`, {
          headers,
        });
        expect(response.status).toBe(200);
        expect(response.headers.get('cache-control')).toBe('no-store');
        const text = await response.text();
        expect(text).not.toContain('the secret itself');
        expect(text).toContain(`/raw/${hash_id}`);
      }
      expect(await (await fetch(`${running.url}/raw/${hash_id}`)).text()).toBe('the secret itself');
    });

    test('they have no ranges, no conditions and no ETag, and must not be cached', async () => {
      const running = await server();
      const { hash_id } = await create(running, { content: 'abcdef', max_reads: 3 });
      const requests: [path: string, headers: Record<string, string>][] = [
        [`${api}/${hash_id}`, { 'If-None-Match': '*' }],
        [`/raw/${hash_id}`, { 'If-None-Match': '*', 'If-Modified-Since': new Date().toUTCString() }],
        [`/raw/${hash_id}`, { Range: 'bytes=0-1', 'If-Match': '"other"' }],
      ];
      for (const [path, headers] of requests) {
        const response = await fetch(running.url + path, { headers });
        expect(response.status).toBe(200);
        expect(await response.text()).toContain('abcdef');
        expect(response.headers.get('cache-control')).toBe('no-store');
        for (const name of ['etag', 'last-modified', 'content-range', 'accept-ranges'])
          expect(response.headers.get(name)).toBeNull();
      }
      await expectError(await read(running, hash_id), 404);
    });

    test('an upload can be counted as well', async () => {
      const running = await server();
      const id = await upload(running, 'burn', { name: 'burn.txt', headers: { 'X-Max-Reads': '1' } });
      expect(await (await fetch(`${running.url}/raw/${id}`)).text()).toBe('burn');
      await expectError(await fetch(`${running.url}/raw/${id}`), 404);
    });

    test.each([0, -1, 1.5, 1e300, '1', '', null, true, {}])(
      'max_reads of %j is rejected by name',
      async (max_reads) => {
        const response = await post(await server(), { content: 'x', mime_type: 'text/plain', max_reads });
        expect(await expectError(response, 400)).toContain('max_reads');
      },
    );
  });
}

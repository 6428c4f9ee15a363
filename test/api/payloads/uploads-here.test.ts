import { expect, test } from 'bun:test';
import { startMayfly } from '../../support/mayfly-process.ts';
import { startDownload } from '../../support/pausable-download.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { storedBlobs } from '../file-server.ts';
import { rawRequest, requestText } from '../raw-request.ts';
import { expectError, read, unknownId } from './server.ts';
import {
  begin,
  complete,
  partOf,
  partSize,
  putAll,
  putPart,
  someBytes,
  uploadInParts,
} from './upload-client.ts';

await suiteWith([], 'parts that this server receives', () => {
  test('do not count against the address; rejected ones do, and finally get 429', async () => {
    const server = await startMayfly({ env: { RATE_LIMIT: '6' } });
    try {
      const content = someBytes(5);
      const begun = await begin(server, content.length);
      const url = begun.parts[0]?.url ?? '';
      let part = await putPart(url, 1, content);
      for (let count = 0; count < 2; count += 1) {
        part = await putPart(url, 1, content);
        const preflight = await fetch(url, { method: 'OPTIONS', headers: { Origin: 'https://app.example' } });
        expect([preflight.status, preflight.headers.get('x-ratelimit-remaining')]).toEqual([204, '5']);
      }
      const { hash_id } = await complete(server, begun, [part]);
      const remaining = async () => (await read(server, unknownId)).headers.get('x-ratelimit-remaining');
      expect(await remaining()).toBe('3');
      const wrong = (address: string) => fetch(address, { method: 'PUT', body: content });
      const refused = await wrong(url);
      expect([refused.status, refused.headers.get('x-ratelimit-remaining')]).toEqual([403, '2']);
      const unsigned = await wrong(`${server.url}/signed/_uploads/x`);
      expect([unsigned.status, unsigned.headers.get('x-ratelimit-remaining')]).toEqual([403, '1']);
      // Other requests count as usual.
      expect((await fetch(`${server.url}/signed/_uploads/a/b`, { method: 'PUT' })).status).not.toBe(429);
      for (const address of [url, `${server.url}/signed/_uploads/x`])
        expect((await wrong(address)).status).toBe(429);
      await expectError(await read(server, hash_id), 429);
    } finally {
      await server.stop();
    }
  });

  test('count if they are sent repeatedly, and are rejected above the limit', async () => {
    const server = await startMayfly({ env: { RATE_LIMIT: '4' } });
    try {
      const begun = await begin(server, partSize + 10);
      const [one, two] = begun.parts.map(({ url }) => url);
      const put = async (url = '', length = 10) => {
        const head = ['PUT', new URL(url).pathname + new URL(url).search, 'HTTP/1.1\r\nHost: x'].join(' ');
        const lines = [head, `Content-Length: ${length}`, 'Connection: close'];
        return rawRequest(url, requestText(lines, 'x'.repeat(10)), { timeoutMs: 500 });
      };
      // Aborted parts cost the server as much as complete ones.
      for (let count = 0; count < 2; count += 1) await put(one, partSize).catch(() => undefined);
      const left = async (url?: string) => (await put(url)).headers['x-ratelimit-remaining'];
      const answers = [];
      for (let count = 0; count < 6; count += 1) answers.push(await left(two));
      expect(answers).toEqual(['3', '3', '3', '2', '1', '0']);
      expect(await put(two)).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) } });
      // Another part has its own tries: the third is free.
      const third = await fetch(one ?? '', { method: 'PUT', body: someBytes(partSize) });
      expect(third.status).toBe(200);
    } finally {
      await server.stop();
    }
  });

  test('may be PUT by a page of another origin, which can read the ETag', async () => {
    const server = await startMayfly();
    try {
      const begun = await begin(server, 5);
      const url = begun.parts[0]?.url ?? '';
      const Origin = 'https://app.example';
      const preflight = await fetch(url, {
        method: 'OPTIONS',
        headers: {
          Origin,
          'Access-Control-Request-Method': 'PUT',
          'Access-Control-Request-Headers': 'content-type',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
      expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('content-type');
      const response = await fetch(url, { method: 'PUT', headers: { Origin }, body: 'hello' });
      expect(response.headers.get('etag')).toMatch(/^"[^"]+"$/);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-expose-headers')).toContain('ETag');
    } finally {
      await server.stop();
    }
  });

  test('must have exactly their length, whatever length is announced', async () => {
    const server = await startMayfly();
    try {
      const content = someBytes(partSize + 10);
      const begun = await begin(server, content.length);
      const [one, two] = begun.parts.map(({ url }) => url);
      const bodies: [string | undefined, BodyInit][] = [
        [one, content],
        [one, partOf(content, 2)],
        [two, content.subarray(0, 11)],
        [two, new Blob([content.subarray(0, 9)]).stream()],
        [two, ''],
      ];
      for (const [url = '', body] of bodies)
        expect((await fetch(url, { method: 'PUT', body })).status).toBe(403);
      const beyond = two?.replace('part=2', 'part=3') ?? '';
      expect((await fetch(beyond, { method: 'PUT', body: partOf(content, 2) })).status).toBe(403);
      expect(await storedBlobs(server)).toEqual([]);
      await complete(server, begun, await putAll(begun, content));
    } finally {
      await server.stop();
    }
  });

  test('stay available to a slow reader of the last read', async () => {
    const server = await startMayfly({ env: { SWEEP_CRON: '* * * * * *' } });
    try {
      const content = someBytes(5 * partSize);
      const { hash_id } = await uploadInParts(server, content, { max_reads: 1 });
      const marker = await uploadInParts(server, someBytes(10), { max_reads: 1 });
      expect(await storedBlobs(server)).toHaveLength(6);
      const download = await startDownload(server.port, `/raw/${hash_id}`);
      download.pause();
      await (await fetch(`${server.url}/raw/${marker.hash_id}`)).bytes();
      // When blobs without readers are removed, a sweep has run, and the next one has time.
      await waitFor('a sweep', async () => (await storedBlobs(server)).length <= 5);
      await Bun.sleep(1200);
      expect(await storedBlobs(server)).toHaveLength(5);
      download.resume();
      expect((await download.body).equals(content)).toBe(true);
    } finally {
      await server.stop();
    }
  });
});

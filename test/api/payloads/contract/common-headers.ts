import { describe, expect, test } from 'bun:test';
import { waitFor } from '../../../support/wait-for.ts';
import { api, create, post, read, type ServerOf, unknownId } from '../server.ts';

/** Responses of every kind: success and failure, on every route of the API. */
async function answers(server: ServerOf, headers: Record<string, string> = {}): Promise<Response[]> {
  const running = await server();
  const { url } = running;
  const { hash_id } = await create(running);
  return Promise.all([
    post(running, { content: 'x', mime_type: 'text/plain' }, headers),
    post(running, '{', headers),
    read(running, hash_id, headers),
    read(running, unknownId, headers),
    fetch(`${url}/raw/${hash_id}`, { headers }),
    fetch(`${url}/raw/${hash_id}`, { headers: { ...headers, Range: 'bytes=0-1' } }),
    fetch(`${url}/raw/${hash_id}`, { headers: { ...headers, Range: 'bytes=99-' } }),
    fetch(`${url}/raw/${hash_id}`, { headers: { ...headers, 'If-None-Match': '*' } }),
    fetch(`${url}/p/${hash_id}`, { headers: { ...headers, Accept: 'text/html' } }),
    fetch(`${url}/`, { headers }),
    fetch(`${url}/`, { method: 'PUT', headers, body: 'x' }),
    fetch(`${url}/`, { method: 'OPTIONS', headers }),
    fetch(`${url}/nowhere`, { headers }),
    fetch(url + api, { method: 'PATCH', headers }),
    fetch(`${url}${api}/${unknownId}`, { method: 'DELETE', headers }),
  ]);
}

/** Headers of every response: request ids, rate limits, and CORS. */
export function commonHeaders(server: ServerOf): void {
  describe('headers of every response', () => {
    test('X-Request-Id exists and is new each time', async () => {
      const ids = (await answers(server)).map((response) => response.headers.get('x-request-id'));
      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
      expect(new Set(ids).size).toBe(ids.length);
    });

    test("the request's own X-Request-Id is returned, and is in its log line", async () => {
      const running = await server();
      for (const id of [`trace-${crypto.randomUUID()}`, 'a', 'A.b_c-9'.padEnd(128, '0')]) {
        for (const response of await answers(server, { 'X-Request-Id': id }))
          expect(response.headers.get('x-request-id')).toBe(id);
        const { logs } = running;
        if (logs === undefined) continue;
        const line = await waitFor('the line', () =>
          logs()
            .split('\n')
            .find((text) => text.includes(`"requestId":"${id}"`)),
        );
        expect(JSON.parse(line)).toMatchObject({ msg: 'request', requestId: id, status: expect.any(Number) });
      }
    });

    test.each(['', 'a b', 'a'.repeat(129), 'semi;colon', '"quoted"', 'ümlaut', '<x>'])(
      'an X-Request-Id of %j is replaced',
      async (id) => {
        const response = await read(await server(), unknownId, { 'X-Request-Id': id });
        const given = response.headers.get('x-request-id');
        expect(given).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
        expect(given).not.toBe(id);
      },
    );

    test('X-RateLimit-* exist, errors included, and Remaining falls by one with each call', async () => {
      for (const { headers } of await answers(server)) {
        expect(Number(headers.get('x-ratelimit-limit'))).toBeGreaterThan(0);
        expect(headers.get('x-ratelimit-remaining')).toMatch(/^\d+$/);
        expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000 - 1);
      }
      const remaining = async () =>
        Number((await read(await server(), unknownId)).headers.get('x-ratelimit-remaining'));
      const before = await remaining();
      expect(await remaining()).toBe(before - 1);
    });

    test('no response allows type sniffing', async () => {
      for (const { url, status, headers } of await answers(server))
        expect([url, status, headers.get('x-content-type-options')]).toEqual([url, status, 'nosniff']);
    });

    test('any origin may read every response and its important headers', async () => {
      for (const { headers } of await answers(server, { Origin: 'https://app.example' })) {
        expect(headers.get('access-control-allow-origin')).toBe('*');
        expect(headers.get('access-control-allow-credentials')).toBeNull();
        const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(', ');
        expect(exposed).toEqual(
          expect.arrayContaining([
            ...['etag', 'location', 'retry-after', 'accept-ranges', 'content-range', 'content-disposition'],
            ...['content-encoding', 'x-request-id', 'x-delete-token'],
            ...['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-expires-at'],
          ]),
        );
      }
    });

    test.each([api, `${api}/${unknownId}`, `/raw/${unknownId}`, '/', '/notes.txt'])(
      'a preflight for %s allows the methods and headers of the API',
      async (path) => {
        const asked = [
          'content-type',
          'content-encoding',
          'idempotency-key',
          'x-delete-token',
          'x-ttl',
          'x-max-reads',
          'range',
        ];
        const response = await fetch((await server()).url + path, {
          method: 'OPTIONS',
          headers: {
            Origin: 'https://app.example',
            'Access-Control-Request-Method': 'PUT',
            'Access-Control-Request-Headers': [...asked, 'if-none-match', 'x-meta-colour', 'x-evil'].join(
              ',',
            ),
          },
        });
        expect(response.status).toBe(204);
        const list = (name: string) => (response.headers.get(name) ?? '').toLowerCase().split(', ');
        expect(list('access-control-allow-methods')).toEqual(
          expect.arrayContaining(['get', 'head', 'post', 'put', 'delete']),
        );
        const allowed = list('access-control-allow-headers');
        expect(allowed).toEqual(
          expect.arrayContaining([
            ...asked,
            ...['authorization', 'x-api-key', 'x-meta-colour'],
            ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range'],
          ]),
        );
        expect(allowed).not.toContain('x-evil');
      },
    );
  });
}

import { describe, expect, test } from 'bun:test';
import { rawRequest, requestText } from '../../raw-request.ts';
import { api, create, expectError, post, read, type ServerOf, unknownId } from '../server.ts';

const mebibyte = 1024 * 1024;

/** The rejected requests, and the shape of their errors. */
export function errors(server: ServerOf): void {
  describe('errors', () => {
    test.each([
      ['content', { mime_type: 'text/plain' }],
      ['mime_type', { content: 'x' }],
      ['content', { content: 1, mime_type: 'text/plain' }],
      ['content', { content: null, mime_type: 'text/plain' }],
      ['content', { content: ['x'], mime_type: 'text/plain' }],
      ['content', { content: '\ud800', mime_type: 'text/plain' }],
      ['content', { content: 'no base64!', mime_type: 'text/plain', encoding: 'base64' }],
      ['mime_type', { content: 'x', mime_type: {} }],
      ['encoding', { content: 'x', mime_type: 'text/plain', encoding: 'latin1' }],
      ['delete_token', { content: 'x', mime_type: 'text/plain', delete_token: 'mine' }],
    ])('a wrong %s is named: %j', async (field, body) => {
      expect(await expectError(await post(await server(), body), 400)).toStartWith(field);
    });

    test('an unknown field is rejected, and its value is not repeated', async () => {
      const body = { content: 'x', mime_type: 'text/plain', expiry: '1h-of-canary' };
      expect(await expectError(await post(await server(), body), 400)).not.toContain('canary');
    });

    test.each(['', '{', '[]', 'null', '"text"', '{"content":"x",}', "{'content':'x'}", 'content=x'])(
      'a body of %j is 400',
      async (body) => {
        await expectError(await post(await server(), body), 400);
      },
    );

    test('JSON is parsed with any Content-Type, such as that of curl -d', async () => {
      const body = JSON.stringify({ content: 'x', mime_type: 'text/plain' });
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      expect((await post(await server(), body, headers)).status).toBe(201);
    });

    test.each([
      'a',
      unknownId.slice(1),
      `${unknownId}0`,
      'g'.repeat(32),
      'FEB61CD1B3D34EFEBAB6D6A8490071B2',
      '%00'.repeat(32),
      `${unknownId}%20`,
      'a%2Fb',
      "' OR 1=1 --",
      'ÿ'.repeat(32),
      '%ff'.repeat(32),
      '%E0%80%AF',
    ])('an invalid id, %j, is answered like an unknown one everywhere', async (id) => {
      const running = await server();
      const unknown = await (await read(running, unknownId)).text();
      for (const path of [`${api}/${id}`, `/raw/${id}`, `/p/${id}`]) {
        const response = await fetch(running.url + path);
        expect(await response.clone().text()).toBe(unknown);
        await expectError(response, 404);
      }
      await expectError(await fetch(`${running.url}${api}/${id}`, { method: 'DELETE' }), 404);
    });

    test('an upper-case spelling of an id is unknown', async () => {
      const running = await server();
      const { hash_id } = await create(running);
      // An id without letters has no other spelling; one in three million has none.
      expect(hash_id.toUpperCase()).not.toBe(hash_id);
      await expectError(await read(running, hash_id.toUpperCase()), 404);
    });

    test.each([
      '/nowhere',
      '/api',
      '/api/v1',
      '/api/v2/payloads',
      '/raw',
      '/raw/',
      '/p',
      `/raw/${unknownId}/x`,
    ])('the path %s is 404', async (path) => {
      await expectError(await fetch((await server()).url + path), 404);
    });

    test.each([
      ['GET', api, 'POST, OPTIONS'],
      ['PUT', api, 'POST, OPTIONS'],
      ['DELETE', api, 'POST, OPTIONS'],
      ['POST', `${api}/${unknownId}`, 'GET, DELETE, HEAD, OPTIONS'],
      ['PUT', `${api}/${unknownId}`, 'GET, DELETE, HEAD, OPTIONS'],
      ['PATCH', `${api}/${unknownId}`, 'GET, DELETE, HEAD, OPTIONS'],
      ['DELETE', `/raw/${unknownId}`, 'GET, HEAD, OPTIONS'],
      ['POST', `/p/${unknownId}`, 'GET, HEAD, OPTIONS'],
      ['DELETE', '/', 'GET, POST, PUT, HEAD, OPTIONS'],
      ['HEAD', api, 'POST, OPTIONS'],
    ])('%s %s is 405, and Allow lists the allowed methods', async (method, path, allowed) => {
      const response = await fetch((await server()).url + path, { method });
      const names = (response.headers.get('allow') ?? '').split(/\s*,\s*/);
      expect(names.sort()).toEqual(allowed.split(', ').sort());
      if (method === 'HEAD') expect(response.status).toBe(405);
      else await expectError(response, 405);
    });

    test.each([
      ['POST', api, 2 * 10 * mebibyte + 64 * 1024 + 1],
      ['PUT', '/large.bin', 512 * mebibyte + 1],
      ['POST', '/', 512 * mebibyte + 1],
    ])(
      '%s %s with a Content-Length over the limit is 413 before a byte is sent',
      async (method, path, length) => {
        const { url } = await server();
        const response = await rawRequest(
          url,
          requestText([`${method} ${path} HTTP/1.1`, 'Host: localhost', `Content-Length: ${length}`]),
        );
        expect(response.status).toBe(413);
        expect(JSON.parse(response.body)).toEqual({ error: expect.stringMatching(/limit of \d+ bytes/) });
      },
    );

    test('a body that exceeds the limit while it arrives is 413 too', async () => {
      const { url } = await server();
      const chunk = new Uint8Array(mebibyte).fill(0x20);
      const body = new ReadableStream({
        pull(controller) {
          controller.enqueue(chunk);
          this.sent = (this.sent ?? 0) + 1;
          if (this.sent === 22) controller.close();
        },
      } as UnderlyingDefaultSource<Uint8Array> & { sent?: number });
      await expectError(await fetch(url + api, { method: 'POST', body }), 413);
    });
  });
}

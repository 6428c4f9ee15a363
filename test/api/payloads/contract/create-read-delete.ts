import { describe, expect, test } from 'bun:test';
import {
  api,
  type Created,
  create,
  expectError,
  inSeconds,
  post,
  read,
  readJson,
  type ServerOf,
  unknownId,
} from '../server.ts';

/** docs/contract/payloads.md, exactly. */
export function createReadDelete(server: ServerOf): void {
  describe('create, read, delete', () => {
    test('docs/contract/payloads.md, "Example", works', async () => {
      const { url } = await server();
      // As in the example, except the date, which has passed.
      const expiryTime = inSeconds(3600);
      const created = await fetch(`${url}/api/v1/payloads`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: `{
  "content": "Hello, World!",
  "mime_type": "text/plain",
  "expiry_time": "${expiryTime}"
}`,
      });
      expect(created.status).toBe(201);
      const answer = (await created.json()) as { hash_id: string };
      // A copy, because Bun's matchers modify the object that they compare.
      expect({ ...answer }).toMatchObject({
        hash_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        expiry_time: expiryTime,
      });

      const found = await fetch(`${url}/api/v1/payloads/${answer.hash_id}`);
      expect(found.status).toBe(200);
      expect(await found.json()).toEqual({
        content: 'Hello, World!',
        mime_type: 'text/plain',
        expiry_time: expiryTime,
      });

      const removed = await fetch(`${url}/api/v1/payloads/${answer.hash_id}`, { method: 'DELETE' });
      expect(removed.status).toBe(204);
      expect(await removed.text()).toBe('');
      await expectError(await fetch(`${url}/api/v1/payloads/${answer.hash_id}`), 404);
    });

    test("the example's date, which has passed, is rejected", async () => {
      const response = await post(await server(), {
        content: 'Hello, World!',
        mime_type: 'text/plain',
        expiry_time: '2025-03-28T00:00:00Z',
      });
      expect(await expectError(response, 400)).toContain('expiry_time');
    });

    test('creating answers with exactly the id, the expiry and the URL to share', async () => {
      const { url } = await server();
      const response = await post({ url }, { content: 'x', mime_type: 'text/plain' });
      const body = (await response.json()) as Created;
      expect(body).toEqual({
        hash_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        expiry_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
        url: `${url}/p/${body.hash_id}`,
      });
      expect(response.headers.get('location')).toBe(`${api}/${body.hash_id}`);
      expect(response.headers.get('content-type')).toBe('application/json');
      // Responses to POST are not cached unless they allow it (RFC 9110, section 9.3.3).
      expect([null, 'no-store']).toContain(response.headers.get('cache-control'));
    });

    test('ids are not issued twice', async () => {
      const running = await server();
      const created = await Promise.all(Array.from({ length: 50 }, () => create(running)));
      expect(new Set(created.map(({ hash_id }) => hash_id)).size).toBe(50);
    });

    test('deleting again is 404, with the response for an unknown id', async () => {
      const running = await server();
      const { hash_id } = await create(running);
      const remove = (id: string) => fetch(`${running.url}${api}/${id}`, { method: 'DELETE' });
      expect((await remove(hash_id)).status).toBe(204);
      const message = await expectError(await remove(hash_id), 404);
      expect(await expectError(await remove(unknownId), 404)).toBe(message);
    });

    test('HEAD answers as GET does, without a body', async () => {
      const running = await server();
      const { hash_id } = await create(running);
      const get = await read(running, hash_id);
      const head = await fetch(`${running.url}${api}/${hash_id}`, { method: 'HEAD' });
      expect(head.status).toBe(200);
      expect(await head.text()).toBe('');
      for (const name of ['content-type', 'etag', 'cache-control'])
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      expect((await fetch(`${running.url}${api}/${unknownId}`, { method: 'HEAD' })).status).toBe(404);
    });

    test('the Content-Length of HEAD is that of GET, or is absent (RFC 9110, section 8.6)', async () => {
      const running = await server();
      const { hash_id } = await create(running);
      const length = String((await (await read(running, hash_id)).bytes()).length);
      const head = await fetch(`${running.url}${api}/${hash_id}`, { method: 'HEAD' });
      expect([null, length]).toContain(head.headers.get('content-length'));
    });

    test('a trailing slash changes nothing', async () => {
      const running = await server();
      const response = await fetch(`${running.url}${api}/`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ content: 'slash', mime_type: 'text/plain' }),
      });
      expect(response.status).toBe(201);
      const { hash_id } = (await response.json()) as { hash_id: string };
      expect((await readJson(running, `${hash_id}/`)).content).toBe('slash');
    });

    test('the ETag is strong, and If-None-Match with it is 304 without a body', async () => {
      const running = await server();
      const { hash_id } = await create(running);
      const etag = (await read(running, hash_id)).headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[^"]+"$/);
      for (const ifNoneMatch of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const response = await read(running, hash_id, { 'If-None-Match': ifNoneMatch });
        expect(response.status).toBe(304);
        expect(await response.text()).toBe('');
        expect(response.headers.get('etag')).toBe(etag);
        expect(response.headers.get('cache-control')).toBeString();
      }
      expect((await read(running, hash_id, { 'If-None-Match': '"other"' })).status).toBe(200);
    });

    test('two payloads of the same content have different ETags', async () => {
      const running = await server();
      const etags = await Promise.all(
        [1, 2].map(async () => (await read(running, (await create(running)).hash_id)).headers.get('etag')),
      );
      expect(etags[0]).not.toBe(etags[1]);
    });
  });
}

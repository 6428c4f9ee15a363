import { describe, expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { waitFor } from '../../../support/wait-for.ts';
import { api, type Created, create, expectError, post, read, type ServerOf } from '../server.ts';

const plain = { content: 'once', mime_type: 'text/plain' };

/** A write with an Idempotency-Key runs once; its first response is replayed. */
export function idempotency(server: ServerOf): void {
  describe('Idempotency-Key', () => {
    test('the first response is replayed, its secrets included', async () => {
      const running = await server();
      const headers = { 'Idempotency-Key': randomUUID() };
      const body = { ...plain, delete_token: true };
      const first = await post(running, body, headers);
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      const created = (await first.json()) as Created;
      for (let repeat = 0; repeat < 3; repeat += 1) {
        const again = await post(running, body, headers);
        expect(again.status).toBe(201);
        expect(again.headers.get('idempotency-replayed')).toBe('true');
        expect(again.headers.get('location')).toBe(first.headers.get('location'));
        expect(await again.json()).toEqual(created);
      }
    });

    test('the response is replayed after its expiry has passed, although a new request would be rejected', async () => {
      const running = await server();
      const headers = { 'Idempotency-Key': randomUUID() };
      const body = { ...plain, expiry_time: new Date(Date.now() + 1000).toISOString() };
      const first = await (await post(running, body, headers)).json();
      await waitFor('the expiry', async () => (await post(running, body)).status === 400);
      const again = await post(running, body, headers);
      expect(again.status).toBe(201);
      expect(await again.json()).toEqual(first);
    });

    test('the response is replayed even if the payload was removed', async () => {
      const running = await server();
      const headers = { 'Idempotency-Key': randomUUID() };
      const { hash_id } = (await (await post(running, plain, headers)).json()) as Created;
      await fetch(`${running.url}${api}/${hash_id}`, { method: 'DELETE' });
      expect(await (await post(running, plain, headers)).json()).toMatchObject({ hash_id });
      await expectError(await read(running, hash_id), 404);
    });

    test('the same key with another request is 409', async () => {
      const running = await server();
      const headers = { 'Idempotency-Key': randomUUID() };
      const { hash_id } = (await (await post(running, plain, headers)).json()) as Created;
      await expectError(await post(running, { ...plain, content: 'twice' }, headers), 409);
      await expectError(await fetch(`${running.url}/x.txt`, { method: 'PUT', headers, body: 'x' }), 409);
      await expectError(await fetch(`${running.url}${api}/${hash_id}`, { method: 'DELETE', headers }), 409);
      expect((await read(running, hash_id)).status).toBe(200);
    });

    test('of many concurrent requests one creates, and the others get its response or 409', async () => {
      const running = await server();
      const headers = { 'Idempotency-Key': randomUUID() };
      const responses = await Promise.all(Array.from({ length: 30 }, () => post(running, plain, headers)));
      const fresh: Created[] = [];
      const replayed: Created[] = [];
      for (const response of responses) {
        if (response.status === 409) {
          await expectError(response, 409);
          expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
          continue;
        }
        expect(response.status).toBe(201);
        const list = response.headers.get('idempotency-replayed') === 'true' ? replayed : fresh;
        list.push((await response.json()) as Created);
      }
      expect(fresh).toHaveLength(1);
      for (const created of replayed) expect(created).toEqual(fresh[0] as Created);
      expect(await (await post(running, plain, headers)).json()).toEqual(fresh[0] as Created);
    });

    test('a rejected request does not use up the key', async () => {
      const running = await server();
      const headers = { 'Idempotency-Key': randomUUID() };
      await expectError(await post(running, { ...plain, ttl: 'never' }, headers), 400);
      expect((await post(running, plain, headers)).status).toBe(201);
    });

    test('different keys make different writes', async () => {
      const running = await server();
      const ids = await Promise.all(
        [1, 2].map(async () => {
          const response = await post(running, plain, { 'Idempotency-Key': randomUUID() });
          return ((await response.json()) as Created).hash_id;
        }),
      );
      expect(ids[0]).not.toBe(ids[1]);
    });

    test('a delete can be repeated', async () => {
      const running = await server();
      const { hash_id } = await create(running);
      const headers = { 'Idempotency-Key': randomUUID() };
      const remove = () => fetch(`${running.url}${api}/${hash_id}`, { method: 'DELETE', headers });
      expect((await remove()).status).toBe(204);
      const again = await remove();
      expect(again.status).toBe(204);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    });

    test('an upload can be repeated, and one of another length is 409', async () => {
      const { url } = await server();
      const headers = { 'Idempotency-Key': randomUUID() };
      const put = (body: string) => fetch(`${url}/note.txt?ttl=10m`, { method: 'PUT', headers, body });
      const first = await put('once');
      const again = await put('once');
      expect(again.status).toBe(201);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.headers.get('x-delete-token')).toBe(first.headers.get('x-delete-token'));
      expect(await again.text()).toBe(await first.text());
      await expectError(await put('longer than once'), 409);
    });

    test('a key has 1 to 255 printable characters', async () => {
      const running = await server();
      const longest = randomUUID().padEnd(255, 'k');
      expect((await post(running, plain, { 'Idempotency-Key': longest })).status).toBe(201);
      for (const key of ['', `${longest}k`, 'schlüssel', 'a\tb'])
        expect(await expectError(await post(running, plain, { 'Idempotency-Key': key }), 400)).toContain(
          'Idempotency-Key',
        );
    });
  });
}

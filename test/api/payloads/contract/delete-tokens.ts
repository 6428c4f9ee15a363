import { describe, expect, test } from 'bun:test';
import { api, create, expectError, post, read, readJson, type ServerOf, unknownId } from '../server.ts';

/** Everyone who knows the id may delete, unless the payload has a delete token. */
export function deleteTokens(server: ServerOf): void {
  const remove = async (id: string, token?: string) =>
    fetch(`${(await server()).url}${api}/${id}`, {
      method: 'DELETE',
      headers: token === undefined ? {} : { 'X-Delete-Token': token },
    });

  describe('delete tokens', () => {
    test('a payload that has one is deleted only with it', async () => {
      const running = await server();
      const { hash_id, delete_token = '' } = await create(running, { delete_token: true });
      expect(delete_token).toMatch(/^[A-Za-z0-9_-]{20,}$/);
      const wrong = [
        undefined,
        'wrong',
        delete_token.slice(1),
        `${delete_token}x`,
        delete_token.toLowerCase(),
      ];
      for (const token of wrong) {
        expect(await expectError(await remove(hash_id, token), 403)).toContain('X-Delete-Token');
        expect((await read(running, hash_id)).status).toBe(200);
      }
      expect((await remove(hash_id, delete_token)).status).toBe(204);
      await expectError(await remove(hash_id, delete_token), 404);
    });

    test('anyone may delete a payload that has none, and no token is returned', async () => {
      const running = await server();
      for (const fields of [{}, { delete_token: false }]) {
        const created = await create(running, fields);
        expect(created).not.toHaveProperty('delete_token');
        expect((await remove(created.hash_id, 'whatever')).status).toBe(204);
      }
    });

    test('a token deletes only its own payload, and reads never return it', async () => {
      const running = await server();
      const [first, second] = await Promise.all([1, 2].map(() => create(running, { delete_token: true })));
      await expectError(await remove(first?.hash_id ?? '', second?.delete_token), 403);
      expect(JSON.stringify(await readJson(running, first?.hash_id ?? ''))).not.toContain('delete_token');
    });

    test('the response with the token must not be cached', async () => {
      const fields = { content: 'Hello', mime_type: 'text/plain', delete_token: true };
      const answer = await post(await server(), fields);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    });

    test('an unknown id is 404 with any token', async () => {
      await expectError(await remove(unknownId, 'token'), 404);
    });
  });
}

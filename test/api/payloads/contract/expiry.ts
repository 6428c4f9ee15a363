import { describe, expect, test } from 'bun:test';
import { waitFor } from '../../../support/wait-for.ts';
import { api, create, expectError, inSeconds, post, read, type ServerOf, unknownId } from '../server.ts';

const day = 86_400;
const plain = { content: 'x', mime_type: 'text/plain' };

function secondsFromNow(time: string): number {
  return (Date.parse(time) - Date.now()) / 1000;
}

/** The expiry of a payload: `expiry_time`, `ttl`, the default of seven days and the maximum of 365. */
export function expiry(server: ServerOf): void {
  describe('expiry', () => {
    test.each([
      [90, 90],
      ['90', 90],
      ['90s', 90],
      ['10m', 600],
      ['2h', 7200],
      ['7d', 7 * day],
      ['365d', 365 * day],
    ])('a ttl of %j is %j seconds', async (ttl, seconds) => {
      const { expiry_time } = await create(await server(), { ttl });
      expect(Math.abs(secondsFromNow(expiry_time) - seconds)).toBeLessThan(5);
    });

    test('the default is seven days', async () => {
      const { expiry_time } = await create(await server());
      expect(Math.abs(secondsFromNow(expiry_time) - 7 * day)).toBeLessThan(5);
    });

    test('an offset is accepted, and the response is in UTC', async () => {
      const utc = inSeconds(3600);
      const local = new Date(Date.parse(utc) + 2 * 3_600_000).toISOString().replace('.000Z', '+02:00');
      expect((await create(await server(), { expiry_time: local })).expiry_time).toBe(utc);
    });

    test('milliseconds are kept, and returned only if they are not zero', async () => {
      const running = await server();
      const whole = inSeconds(3600);
      const withMilliseconds = whole.replace('Z', '.123Z');
      expect((await create(running, { expiry_time: withMilliseconds })).expiry_time).toBe(withMilliseconds);
      expect((await create(running, { expiry_time: whole.replace('Z', '.000Z') })).expiry_time).toBe(whole);
    });

    test.each([
      ['in the past', '2020-01-01T00:00:00Z'],
      ['further off than 365 days', '2999-01-01T00:00:00Z'],
      ['without an offset', '2030-01-31T12:00:00'],
      ['a date alone', '2030-01-31'],
      ['a day that does not exist', '2030-02-30T00:00:00Z'],
      ['an hour that does not exist', '2030-01-31T25:00:00Z'],
      ['words', 'tomorrow'],
      ['nothing', ''],
      ['a number', 4102444800],
      ['null', null],
    ])('an expiry_time that is %s is rejected by name', async (_what, expiry_time) => {
      const message = await expectError(await post(await server(), { ...plain, expiry_time }), 400);
      expect(message).toContain('expiry_time');
    });

    test.each([0, -1, 1.5, 1e300, '', '0', '-5m', '1w', '10 m', '366d', 'forever', null, {}, true])(
      'a ttl of %j is rejected by name',
      async (ttl) => {
        expect(await expectError(await post(await server(), { ...plain, ttl }), 400)).toContain('ttl');
      },
    );

    test('expiry_time and ttl together are rejected', async () => {
      const body = { ...plain, ttl: '10m', expiry_time: inSeconds(600) };
      expect(await expectError(await post(await server(), body), 400)).toContain('ttl');
    });

    test('from the expiry on, every route responds as for an unknown id', async () => {
      const running = await server();
      const { url } = running;
      const { hash_id, expiry_time } = await create(running, { ttl: 1 });
      const unknown = await (await read(running, unknownId)).text();
      expect((await read(running, hash_id)).status).toBe(200);
      await waitFor('the expiry', () => Date.now() >= Date.parse(expiry_time));
      const etag = `"${hash_id}"`;
      for (const path of [`${api}/${hash_id}`, `/raw/${hash_id}`, `/p/${hash_id}`]) {
        for (const headers of [
          {},
          { 'If-None-Match': etag },
          { 'If-None-Match': '*' },
          { Range: 'bytes=0-0' },
        ]) {
          const response = await fetch(url + path, { headers: headers as Record<string, string> });
          expect(await response.clone().text()).toBe(unknown);
          await expectError(response, 404);
        }
        expect((await fetch(url + path, { method: 'HEAD' })).status).toBe(404);
      }
      await expectError(await fetch(`${url}${api}/${hash_id}`, { method: 'DELETE' }), 404);
    });

    test('caches must not keep a payload past its expiry', async () => {
      const running = await server();
      const { hash_id, expiry_time } = await create(running, { ttl: 30 });
      for (const path of [`${api}/${hash_id}`, `/raw/${hash_id}`, `/p/${hash_id}`]) {
        const response = await fetch(running.url + path);
        const [, maxAge] = /^public, max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '') ?? [];
        expect(maxAge).toBeDefined();
        expect(Number(maxAge)).toBeLessThanOrEqual(Math.ceil(secondsFromNow(expiry_time)));
      }
    });
  });
}

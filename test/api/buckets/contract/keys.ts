import { beforeAll, describe, expect, test } from 'bun:test';
import { type FileServerOf, operate } from '../../file-server.ts';
import * as uploadkit from '../../uploadkit/client.ts';
import {
  answered,
  type Client,
  call,
  done,
  getBucket,
  newBucket,
  newClient,
  type Page,
  time,
} from '../client.ts';
import { expectError } from '../errors.ts';

type Key = {
  id: string;
  name: string | null;
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
};
type NewKey = Key & { key: string };

const issue = (client: Client, fields: Record<string, unknown> = {}) =>
  answered<NewKey>(call(client, 'POST', '/v1/keys', { json: fields }), 201);
const keysOf = async (client: Client, query = '') =>
  answered<Page<Key>>(call(client, 'GET', `/v1/keys${query}`));
const revoke = (client: Client, id: string) => call(client, 'DELETE', `/v1/keys/${id}`);
const isGood = async (client: Client) => (await call(client, 'GET', '/v1/buckets')).status === 200;

/** `/v1/keys` (docs/contract/buckets.md, "API keys"). */
export function keys(server: FileServerOf): void {
  let client: Client;
  beforeAll(async () => {
    client = await newClient(await server());
  });

  describe('keys', () => {
    test('are shown once in full, and work immediately for the same account', async () => {
      const made = await issue(client, { name: 'deploy' });
      expect(made).toEqual({
        id: expect.stringMatching(/\S/),
        name: 'deploy',
        prefix: expect.stringMatching(/^sk_live_./),
        createdAt: expect.stringMatching(time),
        lastUsedAt: null,
        key: expect.stringMatching(/^sk_live_[A-Za-z0-9_-]{22,}$/),
      });
      expect(made.key).toStartWith(made.prefix);
      expect(made.prefix.length).toBeLessThan(made.key.length - 16);
      const bucket = await newBucket(client);
      expect(await getBucket({ ...client, key: made.key }, bucket.name)).toEqual(bucket);
      const listed = (await keysOf(client)).data;
      expect(JSON.stringify(listed)).not.toContain(made.key);
      const { lastUsedAt, ...same } = listed.find(({ id }) => id === made.id) ?? { lastUsedAt: undefined };
      const { key: _secret, lastUsedAt: _never, ...issued } = made;
      expect(same as object).toEqual(issued);
      expect([null, expect.stringMatching(time)]).toContainEqual(lastUsedAt);
      expect((await server()).logs()).not.toContain(made.key);
    });

    test('can have a name of up to 64 characters', async () => {
      expect(await issue(client)).toMatchObject({ name: null });
      expect(await issue(client, { name: 'ü'.repeat(64) })).toMatchObject({ name: 'ü'.repeat(64) });
      for (const name of ['', 'x'.repeat(65), 1, {}, [], true])
        expect(
          await expectError(await call(client, 'POST', '/v1/keys', { json: { name } }), 'invalid_request'),
        ).toContain('name');
      const unknown = await call(client, 'POST', '/v1/keys', { json: { kind: 'uploadkit' } });
      expect(await expectError(unknown, 'invalid_request')).toContain('kind');
      for (const json of ['{', '[]', 'null', '"name"'])
        await expectError(await call(client, 'POST', '/v1/keys', { json }), 'invalid_request');
    });

    test('are listed the oldest first, in pages, only storage keys of the account', async () => {
      const running = await server();
      const owner = await newClient(running);
      const other = await uploadkit.newKey(running, owner.account);
      await newClient(running);
      const made = [await issue(owner, { name: 'one' }), await issue(owner, { name: 'two' })];
      const { data, nextCursor } = await keysOf(owner);
      expect(nextCursor).toBeNull();
      expect(data.map(({ id }) => id).slice(1)).toEqual(made.map(({ id }) => id));
      expect(data).toHaveLength(3);
      expect(owner.key).toStartWith(data[0]?.prefix ?? 'nothing');
      expect(data.some(({ prefix }) => other.startsWith(prefix))).toBe(false);
      const paged: Key[] = [];
      for (let query = '?limit=1'; ; ) {
        const page = await keysOf(owner, query);
        expect(page.data).toHaveLength(1);
        paged.push(...page.data);
        if (page.nextCursor === null) break;
        query = `?limit=1&cursor=${encodeURIComponent(page.nextCursor)}`;
      }
      expect(paged.map(({ id }) => id)).toEqual(data.map(({ id }) => id));
      for (const query of ['?limit=0', '?limit=1001', '?limit=x', '?cursor=x'])
        await expectError(await call(owner, 'GET', `/v1/keys${query}`), 'invalid_request');
    });

    test('do not work after they are revoked', async () => {
      const made = await issue(client);
      const theirs = { ...client, key: made.key };
      expect(await isGood(theirs)).toBe(true);
      await done(revoke(client, made.id));
      await expectError(await call(theirs, 'GET', '/v1/buckets'), 'unauthorized');
      await expectError(await revoke(client, made.id), 'key_not_found');
      expect((await keysOf(client)).data.some(({ id }) => id === made.id)).toBe(false);
      expect(await isGood(client)).toBe(true);
    });

    test('can revoke themselves, but never the last one', async () => {
      const owner = await newClient(await server());
      const [first] = (await keysOf(owner)).data;
      await expectError(await revoke(owner, first?.id ?? ''), 'forbidden');
      expect(await isGood(owner)).toBe(true);
      const made = await issue(owner);
      await done(revoke({ ...owner, key: made.key }, made.id));
      await expectError(await revoke(owner, first?.id ?? ''), 'forbidden');
      expect(await isGood(owner)).toBe(true);
    });

    test('a key of another kind does not replace the last one', async () => {
      const running = await server();
      const owner = await newClient(running);
      await uploadkit.newKey(running, owner.account);
      const [first] = (await keysOf(owner)).data;
      await expectError(await revoke(owner, first?.id ?? ''), 'forbidden');
    });

    test('that revoke each other concurrently leave one', async () => {
      const running = await server();
      for (let round = 0; round < 3; round += 1) {
        const owner = await newClient(running);
        const made = await issue(owner);
        const other = { ...owner, key: made.key };
        const [first] = (await keysOf(owner)).data;
        const answers = await Promise.all([revoke(owner, made.id), revoke(other, first?.id ?? '')]);
        expect(answers.map(({ status }) => status).sort()).toBeOneOf([
          [204, 401],
          [204, 403],
        ] as unknown as number[][]);
        expect([await isGood(owner), await isGood(other)].filter(Boolean)).toHaveLength(1);
      }
    });

    test('of other accounts and of other kinds are not found', async () => {
      const running = await server();
      const [owner, other] = [await newClient(running), await newClient(running)];
      const made = await issue(other);
      await uploadkit.newKey(running, owner.account);
      const lines = (await operate(running, ['keys', 'list'])).split('\n');
      const ofOtherKind = lines.find((line) => line.includes('uploadkit') && line.includes(owner.account));
      const ids = [made.id, ofOtherKind?.split(' ')[0] ?? '', 'x', '%00', 'x'.repeat(500)];
      expect(ids[1]?.length).toBeGreaterThan(3);
      for (const id of ids) await expectError(await revoke(owner, id), 'key_not_found');
      expect(await isGood({ ...other, key: made.key })).toBe(true);
    });

    test('are limited to a hundred for each account, even in a race', async () => {
      const owner = await newClient(await server());
      const answers = await Promise.all(
        Array.from({ length: 110 }, () => call(owner, 'POST', '/v1/keys', { json: {} })),
      );
      const refused = answers.filter(({ status }) => status !== 201);
      for (const response of refused) await expectError(response, 'quota_exceeded');
      expect(refused).toHaveLength(11);
      const { data } = await keysOf(owner, '?limit=1000');
      expect(data).toHaveLength(100);
      await done(revoke(owner, data[50]?.id ?? ''));
      await issue(owner);
    });

    test('are required to list, create or revoke keys', async () => {
      const running = await server();
      const ofOtherKind = await uploadkit.newKey(running, client.account);
      for (const key of ['', 'nonsense', `sk_live_${'x'.repeat(27)}`, client.key.slice(0, -1), ofOtherKind])
        for (const [method, path, json] of [
          ['GET', '/v1/keys', undefined],
          ['POST', '/v1/keys', {}],
          ['DELETE', '/v1/keys/x', undefined],
        ] as const) {
          const response = await call({ ...client, key }, method, path, { json });
          expect(response.headers.get('www-authenticate')).toStartWith('Bearer');
          await expectError(response, 'unauthorized');
        }
    });

    test.each([
      ['GET', '/v1/keys/x', 'DELETE, OPTIONS'],
      ['PUT', '/v1/keys', 'GET, HEAD, OPTIONS, POST'],
      ['DELETE', '/v1/keys', 'GET, HEAD, OPTIONS, POST'],
    ])('%s %s is 405 with the allowed methods', async (method, path, allowed) => {
      const response = await call(client, method, path);
      expect((response.headers.get('allow') ?? '').split(', ').sort().join(', ')).toBe(allowed);
      await expectError(response, 'method_not_allowed');
    });
  });
}

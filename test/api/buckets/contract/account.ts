import { describe, expect, test } from 'bun:test';
import { waitFor } from '../../../support/wait-for.ts';
import { type FileServerOf, operate, outOfReach } from '../../file-server.ts';
import {
  answered,
  bucketPath,
  type Client,
  call,
  get,
  head,
  list,
  newBucket,
  newClient,
  objectPath,
  put,
  remove,
  stored,
} from '../client.ts';
import { expectError } from '../errors.ts';
import { putTo, signedUrl } from '../signed-client.ts';
import { aborted, completed, sent, started } from '../upload-client.ts';

type Account = {
  id: string;
  name: string | null;
  plan: string;
  limits: {
    storageBytes: number | null;
    maxObjectBytes: number | null;
    requestsPerMinute: number | null;
  };
  usage: {
    period: string;
    storageBytes: number;
    objectCount: number;
    requests: number;
    bytesIn: number;
    bytesOut: number;
  };
};

const accountOf = (client: Client) => answered<Account>(call(client, 'GET', '/v1/account'));
const held = async (client: Client) => {
  const { storageBytes, objectCount } = (await accountOf(client)).usage;
  return { storageBytes, objectCount };
};

/** `GET /v1/account` (docs/contract/buckets.md, "Account"). */
export function account(server: FileServerOf): void {
  describe('the account', () => {
    test('returns its name, plan, limits and usage', async () => {
      const running = await server();
      const client = await newClient(running);
      const month = new Date().toISOString().slice(0, 7);
      const answer = await accountOf(client);
      expect(answer).toEqual({
        id: expect.stringMatching(/\S/),
        name: client.account,
        plan: expect.stringMatching(/\S/),
        limits: {
          storageBytes: null,
          maxObjectBytes: answer.limits.maxObjectBytes,
          requestsPerMinute: Number(outOfReach.KEY_RATE_LIMIT),
        },
        usage: {
          period: expect.stringMatching(/^\d{4}-\d{2}$/),
          storageBytes: 0,
          objectCount: 0,
          requests: expect.any(Number),
          bytesIn: 0,
          bytesOut: 0,
        },
      });
      // Null for no limit, or the maximum of the server.
      expect([null, 5 * 1024 ** 3]).toContain(answer.limits.maxObjectBytes);
      // The month may change during the test.
      expect([month, new Date().toISOString().slice(0, 7)]).toContain(answer.usage.period);
      const other = await newClient(running);
      expect((await accountOf(other)).id).not.toBe(answer.id);
    });

    test('returns the limits of its plan', async () => {
      const running = await server();
      const plan = `plan-${crypto.randomUUID().slice(0, 8)}`;
      await operate(running, ['plans', 'set', plan, '--storage', '1MB', '--max-file', '10KB']);
      const client = await newClient(running, ['--plan', plan]);
      expect(await accountOf(client)).toMatchObject({
        plan,
        limits: { storageBytes: 1_000_000, maxObjectBytes: 10_000 },
      });
    });

    test('returns the stored bytes and objects exactly and immediately', async () => {
      const client = await newClient(await server());
      const { name } = await newBucket(client);
      const expectHeld = async (objectCount: number, storageBytes: number) =>
        expect(await held(client)).toEqual({ objectCount, storageBytes });
      await stored(client, name, 'a', 'x'.repeat(1000));
      await expectHeld(1, 1000);
      await stored(client, name, 'a', 'x'.repeat(70_000), {}, 200);
      await expectHeld(1, 70_000);
      await stored(client, name, 'empty', '');
      await expectHeld(2, 70_000);
      await answered(
        call(client, 'POST', `${objectPath(name, 'a')}/copy`, { json: { destinationKey: 'b' } }),
        201,
      );
      await expectHeld(3, 140_000);
      await answered(putTo(await signedUrl(client, name, 'signed', 'PUT'), 'x'.repeat(10)), 201);
      await expectHeld(4, 140_010);
      const upload = await started(client, name, 'parts');
      await completed(client, upload, [await sent(client, upload, 1, 'x'.repeat(500))]);
      await expectHeld(5, 140_510);
      const abandoned = await started(client, name, 'aborted');
      await sent(client, abandoned, 1, 'x'.repeat(500));
      await aborted(client, abandoned);
      await expectHeld(5, 140_510);
      expect((await remove(client, name, 'b')).status).toBe(204);
      await expectHeld(4, 70_510);
      await call(client, 'POST', `${bucketPath(name)}/objects/batch-delete`, {
        json: { keys: ['a', 'parts', 'none'] },
      });
      await expectHeld(2, 10);
    });

    test('is exact after concurrent writes', async () => {
      const client = await newClient(await server());
      const { name } = await newBucket(client);
      const size = (index: number) => (index % 7 === 0 ? 70_000 : 100 + index);
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const key = `object ${index % 40}`;
          const response = await put(client, name, key, 'x'.repeat(size(index)));
          expect(response.status).toBeOneOf([200, 201]);
          if (index % 3 === 0) expect((await remove(client, name, key)).status).toBeOneOf([204, 404]);
        }),
      );
      const { data } = await list(client, name, { limit: '1000' });
      expect(data.length).toBeGreaterThan(0);
      const storageBytes = data.reduce((sum, object) => sum + object.size, 0);
      expect(await held(client)).toEqual({ objectCount: data.length, storageBytes });
    });

    test('counts calls and bytes within seconds, including those of anonymous callers that read its objects', async () => {
      const client = await newClient(await server());
      const { name } = await newBucket(client, { public: true });
      await stored(client, name, 'a', 'x'.repeat(1000));
      expect(await (await get(client, name, 'a')).text()).toHaveLength(1000);
      await (await head(client, name, 'a')).text();
      const range = await get(client, name, 'a', { Range: 'bytes=0-99' });
      expect(await range.text()).toHaveLength(100);
      expect(await (await get({ url: client.url }, name, 'a')).text()).toHaveLength(1000);
      const [from, to] = [
        await signedUrl(client, name, 'a', 'GET'),
        await signedUrl(client, name, 'b', 'PUT'),
      ];
      expect(await (await fetch(from)).text()).toHaveLength(1000);
      await answered(putTo(to, 'x'.repeat(77)), 201);
      await list(client, name);
      const upload = await started(client, name, 'parts');
      await completed(client, upload, [await sent(client, upload, 1, 'x'.repeat(5))]);
      // A bucket, a PUT, two GETs and a HEAD, a public GET, two signatures and their use, a list, an upload.
      const calls = 1 + 1 + 2 + 1 + 1 + 2 + 2 + 1 + 3;
      let polls = 0;
      const usage = await waitFor('the counts', async () => {
        polls += 1;
        const { usage: now } = await accountOf(client);
        return now.requests >= calls && now.bytesIn >= 1082 && now.bytesOut >= 3100 && now;
      });
      expect(usage.bytesIn).toBe(1000 + 77 + 5);
      expect(usage.bytesOut).toBe(1000 + 100 + 1000 + 1000);
      expect(usage.requests).toBeLessThanOrEqual(calls + polls);
    });

    test('requires a key', async () => {
      const { url } = await server();
      await expectError(await call({ url }, 'GET', '/v1/account'), 'unauthorized');
      await expectError(await call({ url, key: 'sk_live_x' }, 'GET', '/v1/account'), 'unauthorized');
    });
  });
}

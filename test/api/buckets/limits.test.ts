import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { startMayfly } from '../../support/mayfly-process.ts';
import { stoppedAtTheEnd } from '../../support/stopped-at-the-end.ts';
import { resetsIn, windowOf } from '../rate-limit-headers.ts';
import {
  bucketPath,
  call,
  get,
  head,
  newBucket,
  newClient,
  newKey,
  objectPath,
  put,
  stored,
} from './client.ts';
import { expectError, expectHeadError } from './errors.ts';

setDefaultTimeout(30_000);

/** A server with its own windows. An empty value is the default of docs/contract/shared.md, "Rate limits". */
const start = stoppedAtTheEnd((env: Record<string, string>) =>
  startMayfly({ env: { RATE_LIMIT: '1000', KEY_RATE_LIMIT: '', ...env } }),
);

function expectWaiting(response: Response, limit: string): void {
  expect(windowOf(response)).toEqual({ limit, remaining: '0' });
  const retryAfter = Number(response.headers.get('retry-after'));
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(60);
  expect(Math.abs(retryAfter - resetsIn(response))).toBeLessThanOrEqual(2);
}

async function expectLimited(response: Response, limit: string): Promise<void> {
  expectWaiting(response, limit);
  await expectError(response, 'rate_limited');
}

const notThere = { json: { keys: ['x'] } };

describe('calls of the bucket API', () => {
  test('with a valid key count against its own 1000 in 60 seconds, and not against the address', async () => {
    const server = await start({ RATE_LIMIT: '4' });
    const client = await newClient(server);
    const response = await call(client, 'GET', '/v1/buckets');
    expect(windowOf(response)).toEqual({ limit: '1000', remaining: '999' });
    expect(resetsIn(response)).toBeLessThanOrEqual(61);
    for (let remaining = 998; remaining > 990; remaining -= 1)
      expect(windowOf(await call(client, 'GET', '/v1/buckets')).remaining).toBe(String(remaining));
    // Another key of the same account has its own window.
    const second = { ...client, key: await newKey(server, client.account) };
    expect(windowOf(await call(second, 'GET', '/v1/account')).remaining).toBe('999');
    const open = await fetch(`${server.url}/raw/${'0'.repeat(32)}`);
    expect(windowOf(open)).toEqual({ limit: '4', remaining: '3' });
  });

  test('count with any method and outcome, and beyond the limit of the key are rate_limited', async () => {
    const server = await start({ KEY_RATE_LIMIT: '12' });
    const [client, other] = [await newClient(server), await newClient(server)];
    const { name } = await newBucket(client);
    const calls = [
      () => put(client, name, 'key', 'content'),
      () => get(client, name, 'key'),
      () => head(client, name, 'key'),
      () => get(client, name, 'unknown'),
      () => call(client, 'GET', `${bucketPath(name)}/objects`),
      () => call(client, 'POST', `${bucketPath(name)}/objects/batch-delete`, notThere),
      () => call(client, 'POST', `${objectPath(name, 'key')}/copy`, { json: { destinationKey: 'b' } }),
      () => call(client, 'GET', '/v1/unknown'),
      () => call(client, 'PUT', '/v1/buckets'),
      () => call(client, 'POST', '/v1/buckets', { json: '{' }),
      () => call(client, 'DELETE', bucketPath(name)),
    ];
    for (const [index, send] of calls.entries())
      expect(windowOf(await send())).toEqual({ limit: '12', remaining: String(10 - index) });
    for (const send of calls) {
      const response = await send();
      expectWaiting(response, '12');
      expect(response.status).toBe(429);
    }
    await expectLimited(await get(client, name, 'key'), '12');
    await expectHeadError(await head(client, name, 'key'), 'rate_limited');
    expect((await call(other, 'GET', '/v1/buckets')).status).toBe(200);
  });

  test('that are concurrent are served only up to the limit', async () => {
    const server = await start({ KEY_RATE_LIMIT: '20' });
    const client = await newClient(server);
    const { name } = await newBucket(client, { public: true });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => put(client, name, `key-${index}`, 'content')),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(19);
    for (const answer of answers) if (answer.status !== 201) await expectLimited(answer, '20');
    const nobody = { url: server.url };
    const reads = await Promise.all([...answers.keys()].map((index) => head(nobody, name, `key-${index}`)));
    expect(reads.map(({ status }) => status === 200)).toEqual(answers.map(({ status }) => status === 201));
  });

  test('with a wrong key or none count against the address, which does not lock out a valid key', async () => {
    const server = await start({ RATE_LIMIT: '5' });
    const client = await newClient(server);
    const wrong = { ...client, key: `sk_live_${'x'.repeat(32)}` };
    for (const [index, caller] of [wrong, { url: server.url }, wrong].entries()) {
      const response = await call(caller, 'GET', '/v1/buckets');
      expect(windowOf(response)).toEqual({ limit: '5', remaining: String(4 - index) });
      await expectError(response, 'unauthorized');
    }
    const unknown = await call({ url: server.url }, 'GET', '/v1/unknown');
    expect(windowOf(unknown)).toEqual({ limit: '5', remaining: '1' });
    const signed = await fetch(`${server.url}/signed/abc/key?signature=x`);
    expect(windowOf(signed)).toEqual({ limit: '5', remaining: '0' });
    await expectLimited(await call(wrong, 'GET', '/v1/buckets'), '5');
    await expectLimited(await call({ url: server.url }, 'GET', '/v1/buckets'), '5');
    await expectLimited(await fetch(`${server.url}/signed/abc/key?signature=x`), '5');
    expect((await call(client, 'GET', '/v1/buckets')).status).toBe(200);
  });

  test('that read public content count against the address without a key, and against the key with one', async () => {
    const server = await start({ RATE_LIMIT: '3', KEY_RATE_LIMIT: '50' });
    const [owner, other] = [await newClient(server), await newClient(server)];
    const { name } = await newBucket(owner, { public: true });
    await stored(owner, name, 'key');
    expect(windowOf(await get(other, name, 'key'))).toEqual({ limit: '50', remaining: '49' });
    for (let remaining = 2; remaining >= 0; remaining -= 1)
      expect(windowOf(await get({ url: server.url }, name, 'key'))).toEqual({
        limit: '3',
        remaining: String(remaining),
      });
    await expectLimited(await get({ url: server.url }, name, 'key'), '3');
    // The owner's own reads do not count against others.
    expect((await get(owner, name, 'key')).status).toBe(200);
  });

  test('have no limits if those are 0: none is refused, and there are no rate limit headers', async () => {
    const server = await start({ RATE_LIMIT: '0', KEY_RATE_LIMIT: '0' });
    const client = await newClient(server);
    for (const caller of [client, { url: server.url }]) {
      const answers = await Promise.all(
        Array.from({ length: 120 }, () => call(caller, 'GET', '/v1/buckets')),
      );
      expect(answers.filter(({ status }) => status === 429)).toEqual([]);
      for (const answer of answers) expect(windowOf(answer)).toEqual({ limit: null, remaining: null });
    }
  });
});

test('a banned address is forbidden in the shape of this API, with any credential', async () => {
  const server = await start({ BANNED_IPS: '127.0.0.0/8' });
  const client = await newClient(server);
  for (const path of ['/v1/buckets', '/v1/unknown', '/signed/abc/key']) {
    const response = await call(client, 'GET', path);
    const body = (await response.json()) as { error: { code: string; requestId: string; docsUrl: string } };
    expect([path, response.status, body.error.code]).toEqual([path, 403, 'forbidden']);
    expect(body.error.requestId).toBe(response.headers.get('x-request-id') ?? '');
    expect(body.error.docsUrl).toBe(`${server.url}/docs/errors/forbidden`);
  }
});

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { startMayfly } from '../../support/mayfly-process.ts';
import { operatorOutput } from '../../support/operator.ts';
import { stoppedAtTheEnd } from '../../support/stopped-at-the-end.ts';
import { waitFor } from '../../support/wait-for.ts';
import { answered } from '../expected-answers.ts';
import { usageOf } from '../file-server.ts';
import { resetsIn, windowOf } from '../rate-limit-headers.ts';
import { call, example, expectError, list, newClient, presign } from './client.ts';

setDefaultTimeout(30_000);

/** A server with its own windows. An empty value is the default of docs/contract/shared.md, "Rate limits". */
const start = stoppedAtTheEnd((env: Record<string, string>) =>
  startMayfly({
    env: { RATE_LIMIT: '1000', KEY_RATE_LIMIT: '', GUEST_RATE_LIMIT: '', PRESIGN_RATE_LIMIT: '', ...env },
  }),
);

async function expectLimited(response: Response, limit: string, window: number): Promise<void> {
  expect(windowOf(response)).toEqual({ limit, remaining: '0' });
  const retryAfter = Number(response.headers.get('retry-after'));
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(window);
  expect(Math.abs(retryAfter - resetsIn(response))).toBeLessThanOrEqual(2);
  await expectError(response, 'RATE_LIMITED');
}

describe('docs/contract/shared.md, "Rate limits"', () => {
  test('5 guests per day and address, reported with each call, and then RATE_LIMITED', async () => {
    const { url } = await start({});
    for (const [index, base] of ['/api/v1', '/api', '/api/v1', '/api', '/api/v1'].entries()) {
      const response = await fetch(`${url}${base}/auth/guest`, { method: 'POST' });
      expect(response.status).toBe(201);
      expect(windowOf(response)).toEqual({ limit: '5', remaining: String(4 - index) });
      expect(Math.abs(resetsIn(response) - 86_400)).toBeLessThan(10);
    }
    for (const base of ['/api/v1', '/api'])
      await expectLimited(await fetch(`${url}${base}/auth/guest`, { method: 'POST' }), '5', 86_400);
  });

  test('100 presigns per hour and token: then RATE_LIMITED, and nothing is reserved', async () => {
    const server = await start({});
    const [client, other] = [await newClient(server.url), await newClient(server.url, '/api')];
    for (let remaining = 99; remaining >= 0; remaining -= 1) {
      const response = await call(client, 'POST', '/upload/presign', example);
      expect(response.status).toBe(200);
      expect(windowOf(response)).toEqual({ limit: '100', remaining: String(remaining) });
      expect(Math.abs(resetsIn(response) - 3600)).toBeLessThan(30);
    }
    await expectLimited(await call(client, 'POST', '/upload/presign', example), '100', 3600);
    await expectLimited(
      await call({ ...client, base: '/api' }, 'POST', '/upload/presign', example),
      '100',
      3600,
    );
    expect((await usageOf(server, client.token)).reservedObjects).toBe(100);
    // The window belongs to the token, and counts only presigns.
    expect((await presign(other)).upload_id).toBeString();
    expect((await list(client)).files).toEqual([]);
  });

  test('of many concurrent presigns, exactly as many as allowed succeed', async () => {
    const server = await start({ PRESIGN_RATE_LIMIT: '7' });
    const client = await newClient(server.url);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => call(client, 'POST', '/upload/presign', example)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(7);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(23);
    expect((await usageOf(server, client.token)).reservedObjects).toBe(7);
  });

  test('claims have their own limit, reported on a page', async () => {
    const { url } = await start({ GUEST_RATE_LIMIT: '2' });
    const claim = () =>
      fetch(`${url}/login`, { method: 'POST', body: new URLSearchParams({ claim: 'x', email: 'a@b.cd' }) });
    expect([(await claim()).status, (await claim()).status]).toEqual([404, 404]);
    const refused = await claim();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect((await fetch(`${url}/api/v1/auth/guest`, { method: 'POST' })).status).toBe(201);
  });
});

describe('the limits that a call counts against', () => {
  test('are those of the address and the token for a guest’s token, so that five tokens allow no more than none', async () => {
    const { url } = await start({ RATE_LIMIT: '20' });
    const clients: Awaited<ReturnType<typeof newClient>>[] = [];
    for (let guest = 0; guest < 5; guest += 1) clients.push(await newClient(url));
    for (let count = 0; count < 15; count += 1) {
      const response = await call(clients[count % 5] as (typeof clients)[0], 'GET', '/files');
      expect(response.status).toBe(200);
      expect(windowOf(response)).toEqual({ limit: '20', remaining: String(14 - count) });
    }
    for (const client of clients) await expectLimited(await call(client, 'GET', '/files'), '20', 60);
  });

  test('are the same for a claimed account’s token, as long as the operator gave it no plan', async () => {
    const { url } = await start({ RATE_LIMIT: '5', KEY_RATE_LIMIT: '2' });
    const guest = await fetch(`${url}/api/v1/auth/guest`, { method: 'POST' });
    const { token, claim_url } = (await guest.json()) as { token: string; claim_url: string };
    const claim = new URL(claim_url).searchParams.get('claim') ?? '';
    const body = new URLSearchParams({ claim, email: 'somebody@example.org' });
    expect((await fetch(`${url}/login`, { method: 'POST', body })).status).toBe(200);
    const client = { url, base: '/api/v1', token } as const;
    // The address has three calls left, and the token two.
    expect(windowOf(await call(client, 'GET', '/files'))).toEqual({ limit: '2', remaining: '1' });
    expect(windowOf(await fetch(`${url}/raw/${'0'.repeat(32)}`))).toEqual({ limit: '5', remaining: '1' });
    expect(windowOf(await call(client, 'GET', '/files')).remaining).toBe('0');
    await expectLimited(await call(client, 'GET', '/files'), '5', 60);
  });

  test('are KEY_RATE_LIMIT calls in a window for a token, then RATE_LIMITED, without effect on others', async () => {
    const { url } = await start({ KEY_RATE_LIMIT: '3' });
    const [one, other] = [await newClient(url), await newClient(url, '/api')];
    for (let remaining = 2; remaining >= 0; remaining -= 1)
      expect(windowOf(await call(one, 'GET', '/files'))).toEqual({
        limit: '3',
        remaining: String(remaining),
      });
    await expectLimited(await call(one, 'GET', '/files'), '3', 60);
    await expectLimited(await call(one, 'POST', '/upload/presign', example), '3', 60);
    expect((await call(other, 'GET', '/files')).status).toBe(200);
  });

  test('are those of the address for a wrong token', async () => {
    const { url } = await start({ RATE_LIMIT: '4' });
    const client = await newClient(url);
    const wrong = { ...client, token: `pp_${'x'.repeat(27)}` };
    for (let remaining = 2; remaining >= 0; remaining -= 1) {
      const response = await call(wrong, 'GET', '/files');
      expect(windowOf(response)).toEqual({ limit: '4', remaining: String(remaining) });
      await expectError(response, 'UNAUTHORIZED');
    }
    await expectLimited(await call(wrong, 'GET', '/files'), '4', 60);
    await expectLimited(await fetch(`${url}/api/v1/files`), '4', 60);
  });

  test('are those of the address for a valid token on a path that needs none', async () => {
    const { url } = await start({ RATE_LIMIT: '50' });
    const client = await newClient(url);
    const response = await call(client, 'POST', '/auth/guest');
    expect(windowOf(response)).toEqual({ limit: '5', remaining: '3' });
    const payload = await fetch(`${url}/raw/${'0'.repeat(32)}`, {
      headers: { Authorization: `Bearer ${client.token}` },
    });
    expect(windowOf(payload)).toEqual({ limit: '50', remaining: '47' });
  });

  test('are reported by the one with the fewest calls left', async () => {
    const { url } = await start({ RATE_LIMIT: '4', PRESIGN_RATE_LIMIT: '50', KEY_RATE_LIMIT: '3' });
    const guest = await fetch(`${url}/api/v1/auth/guest`, { method: 'POST' });
    expect(windowOf(guest)).toEqual({ limit: '4', remaining: '3' });
    const { token } = (await guest.json()) as { token: string };
    const client = { url, base: '/api/v1', token } as const;
    expect(windowOf(await call(client, 'POST', '/upload/presign', example))).toEqual({
      limit: '3',
      remaining: '2',
    });
  });

  test('are off at 0: no call is rejected, and there are no headers', async () => {
    const off = { RATE_LIMIT: '0', KEY_RATE_LIMIT: '0', GUEST_RATE_LIMIT: '0', PRESIGN_RATE_LIMIT: '0' };
    const { url } = await start(off);
    for (let guest = 0; guest < 8; guest += 1) {
      const response = await fetch(`${url}/api/v1/auth/guest`, { method: 'POST' });
      expect(response.status).toBe(201);
      expect(windowOf(response)).toEqual({ limit: null, remaining: null });
    }
    const client = await newClient(url);
    for (let count = 0; count < 110; count += 1) await presign(client);
    expect(windowOf(await call(client, 'GET', '/files'))).toEqual({ limit: null, remaining: null });
  });
});

describe('banned addresses', () => {
  const from = (address: string) => ({ 'X-Forwarded-For': address });

  test('of BANNED_IPS get FORBIDDEN for every request, in the shape of its API', async () => {
    const { url } = await start({ BANNED_IPS: '127.0.0.0/8' });
    for (const base of ['/api/v1', '/api']) {
      expect((await fetch(`${url}${base}/auth/guest`, { method: 'POST' })).status).toBe(403);
      const response = await fetch(`${url}${base}/files`);
      expect(response.headers.get('x-request-id')).toBeString();
      const { error } = (await response.json()) as { error: { code: string; hint: string } };
      expect([response.status, error.code, typeof error.hint]).toEqual([403, 'FORBIDDEN', 'string']);
    }
    const request = await fetch(`${url}/api/v1/upload/request`, { method: 'POST' });
    expect([request.status, await request.json()]).toEqual([
      403,
      { error: expect.any(String), code: 'FORBIDDEN' },
    ]);
    const payload = await fetch(`${url}/api/v1/payloads`, { method: 'POST', body: '{}' });
    expect([payload.status, await payload.json()]).toEqual([403, { error: expect.any(String) }]);
    for (const path of ['/login?claim=x', '/f/x/y', '/', '/raw/x'])
      expect((await fetch(url + path)).status).toBe(403);
    // The operator's probes are not affected.
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('of mayfly ban are rejected by a running server within seconds, even with a valid token, until unban', async () => {
    const { url, dataDir } = await start({ TRUSTED_PROXIES: '127.0.0.1/32' });
    const client = await newClient(url);
    const status = async (address: string) =>
      (await call(client, 'GET', '/files', undefined, from(address))).status;
    expect([await status('198.51.100.7'), await status('2001:db8:1:2::5')]).toEqual([200, 200]);
    await operatorOutput(dataDir, ['ban', '198.51.100.0/24']);
    await operatorOutput(dataDir, ['ban', '2001:db8:1:2::/64']);
    // The later of the two, because the server may check between them.
    await waitFor('the bans', async () => (await status('2001:db8:1:2::5')) === 403, { timeoutMs: 5000 });
    expect([await status('198.51.100.7'), await status('::ffff:198.51.100.9')]).toEqual([403, 403]);
    expect([await status('198.51.101.7'), await status('2001:db8:1:3::5')]).toEqual([200, 200]);
    await operatorOutput(dataDir, ['unban', '198.51.100.0/24']);
    await waitFor('the end of it', async () => (await status('198.51.100.7')) === 200, { timeoutMs: 5000 });
    await answered(call(client, 'GET', '/files'));
  });
});

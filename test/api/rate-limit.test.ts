import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { stoppedAtTheEnd } from '../support/stopped-at-the-end.ts';
import { waitFor } from '../support/wait-for.ts';
import { create, expectError, read, unknownId } from './payloads/server.ts';

setDefaultTimeout(30_000);

/** A server with its own window, so that tests do not count for each other. */
const startLimited = stoppedAtTheEnd((env: Record<string, string>) =>
  startMayfly({ env: { RATE_LIMIT: '3', ...env } }),
);

/** The window in the headers. */
function windowOf({ status, headers }: Response) {
  return {
    status,
    limit: headers.get('x-ratelimit-limit'),
    remaining: headers.get('x-ratelimit-remaining'),
    reset: Number(headers.get('x-ratelimit-reset')),
  };
}

const seconds = () => Date.now() / 1000;

describe('rate limits', () => {
  test('100 calls in 60 seconds, reported with each call, and then 429 (docs/contract/shared.md, "Rate limits")', async () => {
    const server = await startLimited({ RATE_LIMIT: '' });
    const first = windowOf(await read(server, unknownId));
    expect(first).toEqual({ status: 404, limit: '100', remaining: '99', reset: first.reset });
    expect(Math.abs(first.reset - (seconds() + 60))).toBeLessThanOrEqual(2);
    for (let remaining = 98; remaining >= 0; remaining -= 1) {
      const call = windowOf(await read(server, unknownId));
      expect(call).toMatchObject({ status: 404, limit: '100', remaining: String(remaining) });
      // The window has one end: only rounding may move it.
      expect(Math.abs(call.reset - first.reset)).toBeLessThanOrEqual(1);
    }
    for (let refusal = 0; refusal < 3; refusal += 1) {
      const refused = await read(server, unknownId);
      expect(windowOf(refused)).toMatchObject({ status: 429, limit: '100', remaining: '0' });
      const retryAfter = Number(refused.headers.get('retry-after'));
      expect(Math.abs(retryAfter - (first.reset - seconds()))).toBeLessThanOrEqual(2);
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(60);
      await expectError(refused, 429);
    }
  });

  test('a new window begins after Retry-After, and rejected calls do not prolong the old one', async () => {
    const server = await startLimited({ RATE_LIMIT_WINDOW: '2s' });
    const first = windowOf(await read(server, unknownId));
    const statuses: number[] = [];
    const allowed = await waitFor('a new window', async () => {
      const call = windowOf(await read(server, unknownId));
      statuses.push(call.status);
      return statuses.includes(429) && call.status !== 429 ? call : undefined;
    });
    expect(allowed.remaining).toBe('2');
    expect(seconds()).toBeGreaterThanOrEqual(first.reset - 1);
    expect(allowed.reset).toBeGreaterThan(first.reset);
  });

  test('every kind of call counts, rejected and unknown ones too, and a rejected write writes nothing', async () => {
    const { url } = await startLimited({});
    await create({ url });
    expect((await fetch(`${url}/nowhere`)).headers.get('x-ratelimit-remaining')).toBe('1');
    expect((await fetch(`${url}/`, { method: 'OPTIONS' })).headers.get('x-ratelimit-remaining')).toBe('0');
    const refused = await fetch(`${url}/late.txt`, { method: 'PUT', body: 'late' });
    await expectError(refused, 429);
    expect(refused.headers.get('location')).toBeNull();
    const head = await fetch(`${url}/raw/${unknownId}`, { method: 'HEAD' });
    expect(head.status).toBe(429);
    expect(await head.text()).toBe('');
  });

  test('RATE_LIMIT=0 turns it off: no call is rejected, and there are no headers', async () => {
    const server = await startLimited({ RATE_LIMIT: '0' });
    for (let call = 0; call < 150; call += 1) {
      const { status, headers } = await read(server, unknownId);
      expect(status).toBe(404);
      expect(headers.get('x-ratelimit-limit')).toBeNull();
    }
  });

  test('routes of the server itself are not counted', async () => {
    const { url } = await startLimited({ RATE_LIMIT: '1' });
    expect((await read({ url }, unknownId)).status).toBe(404);
    const paths = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/docs/start.js', '/swagger'];
    for (const path of [...paths, ...paths]) {
      const { status, headers } = await fetch(url + path);
      expect({ path, status }).toEqual({ path, status: 200 });
      expect(headers.get('x-ratelimit-limit')).toBeNull();
    }
    expect((await read({ url }, unknownId)).status).toBe(429);
  });

  test('of many concurrent calls, exactly as many as allowed succeed', async () => {
    const server = await startLimited({ RATE_LIMIT: '25' });
    const calls = await Promise.all(Array.from({ length: 60 }, () => read(server, unknownId)));
    expect(calls.filter(({ status }) => status === 404)).toHaveLength(25);
    expect(calls.filter(({ status }) => status === 429)).toHaveLength(35);
    const remaining = calls.map((call) => Number(windowOf(call).remaining)).sort((a, b) => b - a);
    expect(remaining.slice(0, 25)).toEqual(Array.from({ length: 25 }, (_, index) => 24 - index));
  });
});

describe('the address that a call counts against', () => {
  const remainingFor = async (server: MayflyProcess, forwardedFor: string) =>
    (await read(server, unknownId, { 'X-Forwarded-For': forwardedFor })).headers.get('x-ratelimit-remaining');

  test('is that of the socket without trusted proxies, whatever X-Forwarded-For and similar headers contain', async () => {
    const server = await startLimited({ RATE_LIMIT: '4' });
    const spoofs: Record<string, string>[] = [
      { 'X-Forwarded-For': '198.51.100.1' },
      { 'X-Forwarded-For': '198.51.100.2, 198.51.100.3' },
      { Forwarded: 'for=198.51.100.4', 'X-Real-IP': '198.51.100.4' },
      { 'CF-Connecting-IP': '198.51.100.5', 'True-Client-IP': '198.51.100.5' },
      { 'X-Forwarded-For': '2001:db8::1' },
    ];
    const statuses: number[] = [];
    for (const headers of spoofs) statuses.push((await read(server, unknownId, headers)).status);
    expect(statuses).toEqual([404, 404, 404, 404, 429]);
  });

  test('is the rightmost address that is not a proxy behind a trusted proxy', async () => {
    const server = await startLimited({ TRUSTED_PROXIES: '127.0.0.1/32, 10.0.0.0/8' });
    expect(await remainingFor(server, '198.51.100.7')).toBe('2');
    // Addresses further left were written by the client.
    expect(await remainingFor(server, '203.0.113.66, 198.51.100.7')).toBe('1');
    expect(await remainingFor(server, '203.0.113.67, 198.51.100.7, 10.1.2.3')).toBe('0');
    expect((await read(server, unknownId, { 'X-Forwarded-For': '1.2.3.4,198.51.100.7' })).status).toBe(429);
    expect(await remainingFor(server, '198.51.100.8')).toBe('2');
    expect(await remainingFor(server, '198.51.100.8:4711')).toBe('1');
  });

  test('falls back to a known address for an invalid header, never to a new window', async () => {
    const server = await startLimited({ TRUSTED_PROXIES: '127.0.0.1/32' });
    expect((await read(server, unknownId)).headers.get('x-ratelimit-remaining')).toBe('2');
    expect(await remainingFor(server, 'unknown')).toBe('1');
    expect(await remainingFor(server, 'a'.repeat(2000))).toBe('0');
    expect((await read(server, unknownId, { 'X-Forwarded-For': '999.1.1.1' })).status).toBe(429);
  });

  test('is IPv4 for IPv4-mapped IPv6', async () => {
    const server = await startLimited({ TRUSTED_PROXIES: '127.0.0.1/32' });
    expect(await remainingFor(server, '198.51.100.9')).toBe('2');
    expect(await remainingFor(server, '::ffff:198.51.100.9')).toBe('1');
    expect(await remainingFor(server, '::ffff:c633:6409')).toBe('0');
    expect(await remainingFor(server, '::ffff:198.51.100.10')).toBe('2');
  });

  test('is a /64 for IPv6', async () => {
    const server = await startLimited({ TRUSTED_PROXIES: '127.0.0.1/32' });
    expect(await remainingFor(server, '2001:db8:1:2::1')).toBe('2');
    expect(await remainingFor(server, '2001:DB8:1:2:ffff:ffff:ffff:ffff')).toBe('1');
    expect(await remainingFor(server, '[2001:db8:1:2:a::b]:443')).toBe('0');
    expect(await remainingFor(server, '2001:db8:1:3::1')).toBe('2');
  });

  test('is the scope of an Idempotency-Key: another client with the same key makes another write', async () => {
    const server = await startLimited({ TRUSTED_PROXIES: '127.0.0.1/32' });
    const put = async (client: string) => {
      const headers = { 'X-Forwarded-For': client, 'Idempotency-Key': 'the same' };
      const response = await fetch(`${server.url}/x.txt`, { method: 'PUT', headers, body: 'x' });
      return { url: await response.text(), replayed: response.headers.get('idempotency-replayed') };
    };
    const first = await put('198.51.100.1');
    expect(await put('198.51.100.1')).toEqual({ url: first.url, replayed: 'true' });
    const other = await put('198.51.100.2');
    expect(other.replayed).toBeNull();
    expect(other.url).not.toBe(first.url);
  });
});

import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { create, post, read, unknownId } from './payloads/server.ts';

setDefaultTimeout(30_000);

const started: MayflyProcess[] = [];
afterAll(() => Promise.all(started.map((server) => server.stop())));

describe('the log', () => {
  const lines = (running: MayflyProcess) =>
    running
      .logs()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('is JSON, one line for each request, with its id, route and status', async () => {
    const logged = await startMayfly();
    started.push(logged);
    const requestId = `find-me-${crypto.randomUUID()}`;
    await read(logged, unknownId, { 'X-Request-Id': requestId });
    const line = await waitFor('the line', () => lines(logged).find((each) => each.requestId === requestId));
    expect(line).toMatchObject({
      level: 30,
      method: 'GET',
      status: 404,
      route: '/api/v1/payloads/:hash_id',
      time: expect.any(Number),
    });
    // One line is for people; all others are for programs.
    const unstructured = logged
      .logs()
      .split('\n')
      .filter((text) => text !== '' && !text.startsWith('{'));
    expect(unstructured).toHaveLength(1);
  });

  test('never contains full ids, delete tokens, Idempotency-Keys, names or content', async () => {
    const logged = await startMayfly({ env: { LOG_LEVEL: 'trace', SWEEP_CRON: '* * * * * *' } });
    started.push(logged);
    const { url } = logged;
    const key = `key-${crypto.randomUUID()}`;
    const fields = { content: 'canary-content', mime_type: 'text/x-canary', delete_token: true };
    const created = await create(logged, fields);
    const { hash_id, delete_token = '' } = created;
    const expired = await create(logged, { ttl: 1 });
    await post(logged, fields, { 'Idempotency-Key': key });
    await post(logged, { ...fields, content: 'another' }, { 'Idempotency-Key': key });
    await post(logged, '{"content": "canary-broken', { 'Idempotency-Key': key });
    const uploaded = await fetch(`${url}/canary-name.txt?max_reads=1&ttl=61`, {
      method: 'PUT',
      headers: { 'Idempotency-Key': `${key}-put` },
      body: 'canary-upload',
    });
    const uploadedId = (await uploaded.text()).trim().slice(-32);
    const wrongToken = `wrong-${crypto.randomUUID()}`;
    for (const path of [
      `/api/v1/payloads/${hash_id}`,
      `/raw/${hash_id}`,
      `/p/${hash_id}`,
      `/raw/${uploadedId}`,
    ])
      await (await fetch(url + path)).bytes();
    const remove = (token: string) =>
      fetch(`${url}/api/v1/payloads/${hash_id}`, { method: 'DELETE', headers: { 'X-Delete-Token': token } });
    expect((await remove(wrongToken)).status).toBe(403);
    expect((await remove(delete_token)).status).toBe(204);
    const last = `last-${crypto.randomUUID()}`;
    await read(logged, unknownId, { 'X-Request-Id': last });
    await waitFor('the last request', () => lines(logged).some(({ requestId }) => requestId === last));
    await waitFor('a sweep', () =>
      lines(logged).some(({ msg, payloads }) => msg === 'sweep' && payloads === 1),
    );

    const text = logged.logs();
    const token = uploaded.headers.get('x-delete-token') ?? '';
    for (const secret of [
      hash_id,
      expired.hash_id,
      uploadedId,
      delete_token,
      token,
      wrongToken,
      key,
      'canary',
    ]) {
      expect(secret.length).toBeGreaterThan(5);
      expect(text).not.toContain(secret);
    }
    expect(await logged.stop()).toBe(0);
    expect(logged.logs()).not.toContain(hash_id);
  });

  test.each([
    ['full', '203.0.113.7', '2001:db8:1:2::/64'],
    ['short', '203.0.113.0/24', '2001:db8:1::/48'],
    ['none', undefined, undefined],
  ])('has the addresses of clients in the form of LOG_CLIENT_ADDRESS=%s', async (setting, ...shown) => {
    const env = { LOG_CLIENT_ADDRESS: setting, TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT: '1' };
    const logged = await startMayfly({ env });
    started.push(logged);
    for (const client of ['203.0.113.7', '2001:db8:1:2::7']) {
      const ask = () => fetch(`${logged.url}/`, { headers: { 'X-Forwarded-For': client } });
      expect([(await ask()).status, (await ask()).status]).toEqual([200, 429]);
    }
    const clientsOf = (isMeant: (line: Record<string, unknown>) => boolean) =>
      waitFor('the lines', () => {
        const found = lines(logged).filter(isMeant);
        return found.length === 2 && found.map(({ client }) => client);
      });
    expect(await clientsOf(({ msg, status }) => msg === 'request' && status === 429)).toEqual(shown);
    expect(await clientsOf(({ event }) => event === 'rate_limited')).toEqual(shown);
    if (setting === 'none') expect(logged.logs()).not.toMatch(/203\.0\.113|2001:db8/);
  });

  test('reports each burst of rejected calls once, and the metrics count all', async () => {
    const env = { TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT: '40', BANNED_IPS: '203.0.113.9' };
    const logged = await startMayfly({ env });
    started.push(logged);
    const ask = (path: string, client: string) =>
      fetch(`${logged.url}${path}`, { headers: { 'X-Forwarded-For': client } });
    for (let call = 0; call < 3; call += 1) expect((await ask('/', '203.0.113.9')).status).toBe(403);
    for (let call = 0; call < 45; call += 1)
      expect((await ask('/v1/buckets', '203.0.113.8')).status).toBe(call < 40 ? 401 : 429);
    // A few wrong ones are not a burst.
    for (let call = 0; call < 9; call += 1) await ask('/v1/buckets', '203.0.113.10');
    const events = await waitFor('the events', () => {
      const found = lines(logged).filter(({ event }) => event !== undefined);
      return found.some(({ event }) => event === 'rate_limited') ? found : undefined;
    });
    expect(events.map(({ level, event, client, calls }) => [level, event, client, calls])).toEqual([
      [40, 'banned_call', '203.0.113.9', 1],
      [40, 'unauthorized_burst', '203.0.113.8', 10],
      [40, 'rate_limited', '203.0.113.8', 1],
    ]);
    const metrics = await (await fetch(`${logged.url}/metrics`)).text();
    for (const [reason, count] of [
      ['banned', 3],
      ['unauthorized', 49],
      ['rate_limited', 5],
    ])
      expect(metrics).toContain(`mayfly_refusals_total{reason="${reason}"} ${count}`);
  });

  test('reports a lack of room once, with the limit, and the limit at the start', async () => {
    const logged = await startMayfly({ env: { MIN_FREE_SPACE: '1000TiB' } });
    started.push(logged);
    for (let call = 0; call < 3; call += 1)
      expect((await fetch(`${logged.url}/`, { method: 'POST', body: 'content' })).status).toBe(507);
    const found = (name: string) => lines(logged).filter(({ event }) => event === name);
    await waitFor('the lines', () => found('no_room').length > 0 && found('store_failed').length > 0);
    expect(found('no_room')).toEqual([
      expect.objectContaining({ level: 40, calls: 1, reason: 'min_free_space' }),
    ]);
    expect(found('store_failed')).toEqual([
      expect.objectContaining({ store: 'disk', state: 'full', host: logged.dataDir }),
    ]);
    const metrics = await (await fetch(`${logged.url}/metrics`)).text();
    expect(metrics).toContain('mayfly_refusals_total{reason="min_free_space"} 3');
    expect(metrics).toContain('mayfly_room_bytes 0');
  });

  test('names a nearby proxy that is not trusted, once, with the setting', async () => {
    const logged = await startMayfly();
    started.push(logged);
    for (let call = 0; call < 20; call += 1)
      await fetch(`${logged.url}/`, { headers: { 'X-Forwarded-For': '203.0.113.7' } });
    const found = () => lines(logged).filter(({ event }) => event === 'untrusted_proxy');
    await waitFor('the line', () => found().length > 0);
    expect(found()).toEqual([
      expect.objectContaining({
        peer: '127.0.0.1',
        msg: expect.stringContaining('TRUSTED_PROXIES=127.0.0.1'),
      }),
    ]);
  });
});

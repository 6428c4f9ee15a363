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

  test('is JSON, a line for each request, with what is needed to find it again', async () => {
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
    // One line is for a person; all others are for a program.
    const unstructured = logged
      .logs()
      .split('\n')
      .filter((text) => text !== '' && !text.startsWith('{'));
    expect(unstructured).toHaveLength(1);
  });

  test('never holds full ids, delete tokens, Idempotency-Keys, names or content', async () => {
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
});

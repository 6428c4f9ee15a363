import { describe, expect, test } from 'bun:test';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { startFileServer } from '../file-server.ts';
import { answered, type Client, call, done, newClient, type Page, sharedClient, time } from './client.ts';
import { expectError } from './errors.ts';
import {
  type CreatedWebhook,
  changed,
  deliveriesOf,
  newWebhook,
  redeliver,
  type Webhook,
  webhookPath,
  webhooksPath,
} from './webhook-client.ts';

const url = 'https://receiver.example/hook';
const allEvents = ['object.created', 'object.deleted', 'object.expired', 'upload.completed'];

await suiteWith([], 'the webhooks of an account', () => {
  const server = startedOnce(startFileServer);
  const client = async () => sharedClient(await server());
  const own = async () => newClient(await server());
  const create = (of: Client, json: unknown, headers: Record<string, string> = {}) =>
    call(of, 'POST', webhooksPath, { json, headers });

  test('are created with a secret, which is shown once', async () => {
    const of = await client();
    const response = await create(of, { url });
    const location = response.headers.get('location');
    const { signingSecret, ...webhook } = await answered<CreatedWebhook>(Promise.resolve(response), 201);
    expect(webhook).toEqual({
      ...{ id: expect.stringMatching(/^wh_/), url, active: true },
      ...{ events: expect.any(Array), createdAt: expect.stringMatching(time) },
    });
    expect(webhook.events.toSorted()).toEqual(allEvents);
    expect(location).toBe(webhookPath(webhook.id));
    expect(response.headers.get('cache-control')).toBe('no-store');
    // Standard Webhooks, "Signature scheme".
    expect(signingSecret).toMatch(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/);
    expect(await answered<Webhook>(call(of, 'GET', webhookPath(webhook.id)))).toEqual(webhook);
    const { data } = await answered<Page<Webhook>>(call(of, 'GET', webhooksPath));
    expect(data).toContainEqual(webhook);
  });

  test('are changed field by field, and deleted once', async () => {
    const of = await client();
    const { signingSecret: _, ...webhook } = await newWebhook(of, url, ['object.created']);
    expect(await changed(of, webhook.id, {})).toEqual(webhook);
    expect(await changed(of, webhook.id, { active: false })).toEqual({ ...webhook, active: false });
    const moved = { url: 'http://receiver.example:8080/', events: ['object.deleted', 'object.expired'] };
    expect(await changed(of, webhook.id, moved)).toEqual({ ...webhook, ...moved, active: false });
    await done(call(of, 'DELETE', webhookPath(webhook.id)));
    await expectError(await call(of, 'DELETE', webhookPath(webhook.id)), 'webhook_not_found');
  });

  test.each([
    [{}, 'url'],
    [{ url: 7 }, 'url'],
    [{ url: 'receiver.example' }, 'url'],
    [{ url: 'ftp://receiver.example/' }, 'url'],
    [{ url: 'https://a:b@receiver.example/' }, 'url'],
    [{ url, events: [] }, 'events'],
    [{ url, events: 'object.created' }, 'events'],
    [{ url, events: ['object.read'] }, 'events'],
    [{ url, events: ['object.created', 'object.created'] }, 'events'],
    [{ url, active: true }, 'active'],
    [{ url, secret: 'x' }, 'secret'],
    ['{"url"', 'JSON'],
    ['[]', 'object'],
  ])('cannot be created with %j: %s is invalid', async (json, field) => {
    expect(await expectError(await create(await client(), json), 'invalid_request')).toContain(field);
  });

  test.each([
    [{ url: 'nonsense' }, 'url'],
    [{ events: [] }, 'events'],
    [{ active: 'yes' }, 'active'],
    [{ active: null }, 'active'],
    [{ id: 'x' }, 'id'],
  ])('cannot be changed to %j: %s is invalid', async (json, field) => {
    const of = await client();
    const { id } = await newWebhook(of, url);
    const refused = await call(of, 'PATCH', webhookPath(id), { json });
    expect(await expectError(refused, 'invalid_request')).toContain(field);
    await done(call(of, 'DELETE', webhookPath(id)));
  });

  test('are hidden from other accounts, and require a key', async () => {
    const [of, other] = [await client(), await own()];
    const { id } = await newWebhook(of, url);
    const paths = [
      ['GET', webhookPath(id)],
      ['PATCH', webhookPath(id)],
      ['DELETE', webhookPath(id)],
      ['GET', `${webhookPath(id)}/deliveries`],
      ['POST', `${webhookPath(id)}/deliveries/msg_x/redeliver`],
    ] as const;
    for (const [method, path] of paths) {
      const options = method === 'PATCH' ? { json: {} } : {};
      await expectError(await call(other, method, path, options), 'webhook_not_found');
      const unknown = path.replace(id, 'wh_unknown');
      await expectError(await call(of, method, unknown, options), 'webhook_not_found');
      await expectError(await call({ url: of.url }, method, path, options), 'unauthorized');
    }
    for (const method of ['GET', 'POST'])
      await expectError(await call({ url: of.url }, method, webhooksPath), 'unauthorized');
    await expectError(await redeliver(of, id, 'msg_x'), 'delivery_not_found');
    const { data } = await answered<Page<Webhook>>(call(other, 'GET', webhooksPath));
    expect(data).toEqual([]);
    expect(await deliveriesOf(of, id)).toEqual({ data: [], nextCursor: null });
    await done(call(of, 'DELETE', webhookPath(id)));
  });

  test('are limited to twenty, and listed in pages, the oldest first', async () => {
    const of = await own();
    const all = await Promise.all(Array.from({ length: 30 }, () => create(of, { url })));
    expect(all.filter(({ status }) => status === 201)).toHaveLength(20);
    for (const refused of all.filter(({ status }) => status !== 201))
      await expectError(refused, 'quota_exceeded');
    const listed: Webhook[] = [];
    for (let query = '?limit=7'; ; ) {
      const page = await answered<Page<Webhook>>(call(of, 'GET', `${webhooksPath}${query}`));
      listed.push(...page.data);
      if (page.nextCursor === null) break;
      query = `?limit=7&cursor=${page.nextCursor}`;
    }
    expect(new Set(listed.map(({ id }) => id)).size).toBe(20);
    const times = listed.map(({ createdAt }) => Date.parse(createdAt));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    for (const query of ['?limit=0', '?limit=1001', '?limit=x', '?cursor=x'])
      for (const path of [webhooksPath, `${webhookPath(listed[0]?.id ?? '')}/deliveries`])
        await expectError(await call(of, 'GET', `${path}${query}`), 'invalid_request');
  });

  test('are created, changed and deleted once for each Idempotency-Key', async () => {
    const of = await own();
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await answered<CreatedWebhook>(create(of, { url }, headers), 201);
    const again = await create(of, { url }, headers);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await answered<CreatedWebhook>(Promise.resolve(again), 201)).toEqual(first);
    await expectError(await create(of, { url, events: ['object.created'] }, headers), 'idempotency_conflict');
    const { data } = await answered<Page<Webhook>>(call(of, 'GET', webhooksPath));
    expect(data).toHaveLength(1);
    const remove = () =>
      call(of, 'DELETE', webhookPath(first.id), { headers: { 'Idempotency-Key': 'remove' } });
    await done(remove());
    await done(remove());
    await expectError(await call(of, 'GET', webhookPath(first.id)), 'webhook_not_found');
  });

  test.each([
    ['PUT', webhooksPath, 'POST, GET, HEAD, OPTIONS'],
    ['POST', webhookPath('x'), 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['DELETE', `${webhookPath('x')}/deliveries`, 'GET, HEAD, OPTIONS'],
    ['GET', `${webhookPath('x')}/deliveries/y/redeliver`, 'POST, OPTIONS'],
  ])('have no %s at %s', async (method, path, allowed) => {
    const response = await call(await client(), method, path);
    expect(response.headers.get('allow')).toBe(allowed);
    await expectError(response, 'method_not_allowed');
  });

  describe('without WEBHOOK_ALLOW_PRIVATE', () => {
    const strict = startedOnce(() => startFileServer({ env: { WEBHOOK_ALLOW_PRIVATE: 'false' } }));
    test.each([
      'http://127.0.0.1/',
      'http://[::1]/',
      'http://10.0.0.1/',
      'http://localhost/',
      'http://0x7f.1/',
    ])('cannot have the URL %s, neither at their creation nor later', async (address) => {
      const of = await sharedClient(await strict());
      expect(await expectError(await create(of, { url: address }), 'invalid_request')).toContain('url');
      // A name that does not resolve (RFC 6761, section 6.4): accepted, and looked up at every call.
      const { id } = await newWebhook(of, 'https://receiver.invalid/hook');
      const change = await call(of, 'PATCH', webhookPath(id), { json: { url: address } });
      expect(await expectError(change, 'invalid_request')).toContain('url');
      await done(call(of, 'DELETE', webhookPath(id)));
    });
  });
});

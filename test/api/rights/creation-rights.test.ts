import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { stoppedAtTheEnd } from '../../support/stopped-at-the-end.ts';
import { type FileServer, operate, startFileServer, usageOf } from '../file-server.ts';
import { type DocumentedOperation, operationsOf, sendAs } from './documented-operations.ts';

setDefaultTimeout(60_000);

const start = stoppedAtTheEnd((env: Record<string, string>) => startFileServer({ env }));
const newKey = (server: FileServer, kind: string, ...more: string[]) =>
  operate(server, ['keys', 'create', '--kind', kind, '--account', 'acme', ...more]);
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

type Way = readonly [string, string, string, () => BodyInit];
const partsWay: Way = [
  'parts',
  'POST',
  '/api/v1/payloads/uploads',
  () => '{"size":1,"mime_type":"text/plain"}',
];

/** Every way to begin a payload: its name, method, path and body. */
const ways: Way[] = [
  ['JSON', 'POST', '/api/v1/payloads', () => '{"content":"x","mime_type":"text/plain"}'],
  partsWay,
  ['a PUT of a name', 'PUT', '/notes.txt', () => 'x'],
  ['a PUT', 'PUT', '/', () => 'x'],
  ['a POST', 'POST', '/', () => 'x'],
  ['a form', 'POST', '/', () => formOf({ file: new File(['x'], 'x.txt') })],
];

function formOf(fields: Record<string, string | File>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

/** The page's form without scripts, as a browser sends it. */
function sendPageForm({ url }: FileServer, fields: Record<string, string | File>): Promise<Response> {
  return fetch(`${url}/`, { method: 'POST', headers: { Accept: 'text/html' }, body: formOf(fields) });
}

describe('with ANONYMOUS_CREATE=false', () => {
  let server: FileServer;
  let key: string;
  let storageKey: string;
  beforeAll(async () => {
    server = await start({ ANONYMOUS_CREATE: 'false' });
    [key = '', storageKey = ''] = await Promise.all(
      ['payload', 'storage'].map((kind) => newKey(server, kind)),
    );
  });
  const send = (way: Way, headers: Record<string, string> = {}) =>
    fetch(server.url + way[2], { method: way[1], headers, body: way[3]() });

  test('keys for payloads are pl_live_…', () => {
    expect(key).toMatch(/^pl_live_[\w-]{20,}$/);
  });

  test.each(ways.map((way) => [way[0], way] as const))(
    '%s requires a key, and asks only for a Bearer',
    async (_, way) => {
      const refused = await send(way);
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      expect(Object.keys((await refused.json()) as object)).toEqual(['error']);
      const messageFor = async (wrong: string) => {
        const answer = await send(way, bearer(wrong));
        return `${answer.status} ${((await answer.json()) as { error: string }).error}`;
      };
      for (const wrong of ['pl_live_unknown', 'sk_live_unknown'])
        expect(await messageFor(wrong)).toBe('401 The key is not valid');
      expect(await messageFor('anything')).toStartWith('401 Creating needs a key');
      expect((await send(way, bearer(key))).status).toBe(201);
      expect((await send(way, { 'x-api-key': key })).status).toBe(201);
      expect((await send(way, { Authorization: `Basic ${btoa(`anyone:${key}`)}` })).status).toBe(201);
      expect((await send(way, bearer(storageKey))).status).toBe(201);
    },
  );

  test('keys of other APIs create nothing, and one for payloads works for no other API', async () => {
    const uploadkit = await newKey(server, 'uploadkit');
    for (const way of ways) expect((await send(way, bearer(uploadkit))).status).toBe(401);
    for (const path of ['/v1/buckets', '/v1/account', '/api/v1/files'])
      expect((await fetch(server.url + path, { headers: bearer(key) })).status).toBe(401);
  });

  test('a key of another API creates nothing on the paths of that API either', async () => {
    const uploadkitKey = await newKey(server, 'uploadkit');
    const created: string[] = [];
    for (const path of [
      '/api/',
      '/api',
      '/api/x',
      '/api/v1/',
      '/api/v1',
      '/api/v1/files/',
      '/f/',
      '/login',
      '/x',
    ])
      for (const method of ['PUT', 'POST'])
        for (const headers of [bearer(uploadkitKey), { 'x-api-key': uploadkitKey }]) {
          const { status } = await fetch(`${server.url}${path}`, { method, headers, body: 'x' });
          if (status < 400) created.push(`${method} ${path} ${Object.keys(headers)}`);
        }
    expect(created).toEqual([]);
  });

  test('a revoked key creates nothing', async () => {
    const revoked = await newKey(server, 'payload', '--name', 'to be revoked');
    const line = (await operate(server, ['keys', 'list']))
      .split('\n')
      .find((row) => /to be revoked/.test(row));
    const [id = ''] = (line ?? '').trim().split(/\s+/);
    await operate(server, ['keys', 'revoke', id]);
    for (const way of ways) expect((await send(way, bearer(revoked))).status).toBe(401);
  });

  test('existing content can be read, and parts can be completed, without a key', async () => {
    const made = await send(partsWay, bearer(key));
    const { upload_id, parts } = (await made.json()) as { upload_id: string; parts: { url: string }[] };
    const part = await fetch(parts[0]?.url ?? '', { method: 'PUT', body: 'x' });
    const body = JSON.stringify({ parts: [{ number: 1, etag: part.headers.get('etag') }] });
    const completed = await fetch(`${server.url}/api/v1/payloads/uploads/${upload_id}/complete`, {
      method: 'POST',
      body,
    });
    expect(completed.status).toBe(201);
    const { hash_id } = (await completed.json()) as { hash_id: string };
    expect(await (await fetch(`${server.url}/raw/${hash_id}`)).text()).toBe('x');
  });

  test('there are no new guests', async () => {
    for (const base of ['/api/v1', '/api']) {
      const refused = await fetch(`${server.url}${base}/auth/guest`, { method: 'POST' });
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ error: { code: 'FORBIDDEN' } });
    }
  });

  test('the form without scripts accepts a key for payloads, and none with more permissions', async () => {
    const without = await sendPageForm(server, { text: 'x' });
    expect(without.status).toBe(401);
    expect(without.headers.get('content-type')).toStartWith('text/html');
    expect((await sendPageForm(server, { key: 'pl_live_unknown', text: 'x' })).status).toBe(401);
    expect((await sendPageForm(server, { key: storageKey, text: 'x' })).status).toBe(400);
    const before = (await usageOf(server, key)).storedObjects;
    expect((await sendPageForm(server, { key, text: 'x' })).status).toBe(201);
    const file = new File(['abc'], 'a.txt');
    expect((await sendPageForm(server, { key, text: '', file })).status).toBe(201);
    expect((await usageOf(server, key)).storedObjects).toBe(before + 2);
    const page = await (await fetch(server.url, { headers: { Accept: 'text/html' } })).text();
    expect(page).toMatch(/<input[^>]*name="key"[^>]*>/);
    expect(/<input[^>]*name="key"[^>]*>/.exec(page)?.[0]).toContain('type="password"');
  });

  test('no operation that stores something answers 2xx without a credential', async () => {
    const open = await start({});
    const outcomes = async ({ url }: FileServer) => {
      const storing: DocumentedOperation[] = await operationsOf(url);
      const answers = await Promise.all(
        storing.map(async (one) => [one.id, (await sendAs(url, one)).status]),
      );
      return answers.filter(([, status]) => Number(status) < 300).map(([id]) => id);
    };
    expect(await outcomes(server)).toEqual([]);
    // The same requests do store something if anonymous callers may.
    expect((await outcomes(open)).toSorted()).toEqual(
      [
        ...['beginPayloadUpload', 'createGuest', 'createGuestUnversioned', 'createPayload'],
        ...['upload', 'uploadForm', 'uploadNamed'],
      ].toSorted(),
    );
  });
});

test('issued tokens continue to work when creation is closed, and open claims are void', async () => {
  const before = await start({});
  const guest = await fetch(`${before.url}/api/v1/auth/guest`, { method: 'POST' });
  const { token, claim_url } = (await guest.json()) as { token: string; claim_url: string };
  await before.stop();
  const { dataDir } = before;
  const { startMayfly } = await import('../../support/mayfly-process.ts');
  const after = await startMayfly({ dataDir, env: { ANONYMOUS_CREATE: 'false' } });
  try {
    expect((await fetch(`${after.url}/api/v1/files`, { headers: bearer(token) })).status).toBe(200);
    for (const path of ['/api/', '/api', '/x', '/'])
      expect(
        (await fetch(after.url + path, { method: 'PUT', headers: bearer(token), body: 'x' })).status,
      ).toBe(401);
    const metrics = await (await fetch(`${after.url}/metrics`)).text();
    expect(metrics).toMatch(/^mayfly_anonymous_bytes 0$/m);
    const claim = new URL(claim_url).searchParams.get('claim') ?? '';
    expect((await fetch(`${after.url}/login?claim=${claim}`)).status).toBe(404);
    const body = new URLSearchParams({ claim, email: 'a@example.com' });
    expect((await fetch(`${after.url}/login`, { method: 'POST', body })).status).toBe(404);
  } finally {
    await after.stop();
  }
});

describe('with a key, while creation is open', () => {
  let server: FileServer;
  let key: string;
  beforeAll(async () => {
    server = await start({ KEY_RATE_LIMIT: '1000', RATE_LIMIT: '500' });
    await operate(server, [
      'plans',
      'set',
      'small',
      '--storage',
      '100B',
      '--max-file',
      '60B',
      '--max-files',
      '3',
    ]);
    key = await newKey(server, 'payload', '--plan', 'small');
  });
  const create = (content: string, headers: Record<string, string> = bearer(key)) =>
    fetch(`${server.url}/api/v1/payloads`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ content, mime_type: 'text/plain' }),
    });
  const idOf = async (response: Response) => ((await response.json()) as { hash_id: string }).hash_id;

  test('payloads count in the quota of its account until they are removed', async () => {
    const ids = [await idOf(await create('x'.repeat(50))), await idOf(await create('x'.repeat(45)))];
    expect(await usageOf(server, key)).toMatchObject({ storedBytes: 95, storedObjects: 2 });
    const over = await create('x'.repeat(6));
    expect([over.status, await over.json()]).toEqual([403, { error: expect.stringContaining('100 bytes') }]);
    expect((await create('x'.repeat(61))).status).toBe(413);
    expect(
      (await fetch(`${server.url}/`, { method: 'PUT', headers: bearer(key), body: 'x'.repeat(6) })).status,
    ).toBe(403);
    const begin = (size: number) =>
      fetch(`${server.url}/api/v1/payloads/uploads`, {
        method: 'POST',
        headers: bearer(key),
        body: JSON.stringify({ size, mime_type: 'text/plain' }),
      });
    expect((await begin(6)).status).toBe(403);
    expect((await create('x'.repeat(70), {})).status).toBe(201);
    for (const id of ids) await fetch(`${server.url}/api/v1/payloads/${id}`, { method: 'DELETE' });
    expect(await usageOf(server, key)).toMatchObject({ storedBytes: 0, storedObjects: 0 });
    const begun = await begin(6);
    expect(begun.status).toBe(201);
    expect(await usageOf(server, key)).toMatchObject({ reservedBytes: 6, reservedObjects: 1 });
    const { upload_id } = (await begun.json()) as { upload_id: string };
    await fetch(`${server.url}/api/v1/payloads/uploads/${upload_id}`, { method: 'DELETE' });
    expect(await usageOf(server, key)).toMatchObject({ reservedBytes: 0, reservedObjects: 0 });
  });

  test('a call counts in the window of the key, not in that of the address', async () => {
    const withKey = await create('x');
    expect(withKey.headers.get('x-ratelimit-limit')).toBe('1000');
    expect((await create('x', {})).headers.get('x-ratelimit-limit')).toBe('500');
    await fetch(`${server.url}/api/v1/payloads/${await idOf(withKey)}`, { method: 'DELETE' });
  });

  test('an Idempotency-Key is the account’s', async () => {
    const once = { 'Idempotency-Key': 'same' };
    const mine = await create('x', { ...once, ...bearer(key) });
    const again = await create('x', { ...once, ...bearer(await newKey(server, 'storage')) });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const nobodys = await create('x', once);
    expect(nobodys.headers.get('idempotency-replayed')).toBeNull();
    const id = await idOf(mine);
    expect(await idOf(nobodys)).not.toBe(id);
    await fetch(`${server.url}/api/v1/payloads/${id}`, { method: 'DELETE' });
  });

  test('an invalid key is rejected, and a key of another API is ignored', async () => {
    expect((await create('x', bearer('pl_live_unknown'))).status).toBe(401);
    expect((await create('x', { Authorization: `Basic ${btoa('proxy:secret')}` })).status).toBe(201);
    expect((await create('x', { Authorization: 'Digest x' })).status).toBe(201);
  });

  test('the usage is exact after all of it', async () => {
    expect(JSON.parse(await operate(server, ['check'])).wrongUsage).toEqual([]);
  });
});

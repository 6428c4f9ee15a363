import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createClient } from '../../src/client/index.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { freePort } from '../support/ports.ts';
import { startOtherServer } from './other-server.ts';
import { newUser, type User } from './user.ts';

setDefaultTimeout(120_000);

let server: MayflyProcess;
let key: string;
beforeAll(async () => {
  server = await startMayfly({ clockless: true, env: { MAX_ANONYMOUS_SIZE: '1KiB' } });
  key = await mayflyOutput(server.dataDir, ['keys', 'create', '--kind', 'storage', '--account', 'acme']);
  await createClient({ url: server.url, key }).buckets.create('scripted');
});
afterAll(() => server.stop());

const link = /^http:\S+\/p\/[0-9a-f]{32}$/;

describe.concurrent('of several files', () => {
  let user: User;
  beforeAll(async () => {
    user = await newUser(server.url, { env: { MAYFLY_KEY: key } });
    writeFileSync(user.path('a.txt'), 'a');
    writeFileSync(user.path('large.txt'), 'x'.repeat(2000));
    // Keys must not contain it.
    mkdirSync(user.path('tree'));
    writeFileSync(user.path('tree/a.txt'), 'a');
    writeFileSync(user.path('tree/b\u0001.txt'), 'b');
  });

  test('the one that fails is named, and each one before it has a link', async () => {
    const { code, stdout, stderr } = await user.call(['put', 'a.txt', 'large.txt', 'a.txt']);
    expect([code, stderr]).toEqual([5, expect.stringMatching(/^mayfly: large\.txt: content exceeds .*\n$/)]);
    expect(stdout.trimEnd().split('\n')).toEqual([expect.stringMatching(link)]);
  });

  test.each([
    ['that are copied', ['a.txt', 'tree/b\u0001.txt']],
    ['of a folder', ['-r', 'tree']],
  ])('%s the one that fails is named', async (_, sources) => {
    const { code, stderr } = await user.call(['cp', ...sources, 'scripted:there/']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^mayfly: tree\/b\uFFFD\.txt: .*\n$/)]);
  });
});

test('the URL of the server may have a path, and spaces or slashes around it', async () => {
  const user = await newUser('');
  const prefixed = startOtherServer(({ url, method, body, headers }) => {
    const { pathname } = new URL(url);
    if (!pathname.startsWith('/may/fly/')) return new Response('elsewhere', { status: 404 });
    return fetch(server.url + pathname.slice('/may/fly'.length), { method, body, headers });
  });
  try {
    for (const address of [`${prefixed.url}/may/fly`, ` ${prefixed.url}/may/fly// \n`]) {
      const env = { MAYFLY_URL: address };
      const url = await user.output(['put'], { input: 'content', env });
      expect(url).toMatch(link);
      expect(await user.output(['get', url.slice(-32)], { env })).toBe('content');
      expect(await user.output(['get', `${prefixed.url}/may/fly/p/${url.slice(-32)}`])).toBe('content');
    }
  } finally {
    await prefixed.stop();
  }
});

for (const runtime of ['bun', 'deno', 'node'] as Runtime[])
  test.concurrent(`a proxy is used unless NO_PROXY names the host, on ${runtime}`, async () => {
    const asked: string[] = [];
    // A request to a proxy has the whole URL (RFC 9112, section 3.2.2).
    const proxy = startOtherServer(({ url }) => {
      asked.push(new URL(url).host);
      return new Response('by the proxy', { headers: { 'content-type': 'text/plain' } });
    });
    try {
      const user = await newUser('http://far.example', { runtime, env: { HTTP_PROXY: proxy.url } });
      const get = ['get', '0'.repeat(32)];
      expect(await user.output(get)).toBe('by the proxy');
      expect(new Set(asked)).toEqual(new Set(['far.example']));
      const nowhere = `http://127.0.0.1:${await freePort()}`;
      const around = await user.call([...get, '--url', nowhere], { env: { NO_PROXY: '127.0.0.1' } });
      expect(around.code).toBe(6);
    } finally {
      await proxy.stop();
    }
  });

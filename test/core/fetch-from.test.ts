import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { type AddressInfo, createServer } from 'node:net';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { failureOf } from './failure-of.ts';
import {
  bytes,
  bytesIn,
  type FileCore,
  leaseTime,
  nothingHeld,
  nothingUsed,
  openFileCore,
} from './file-core.ts';
import { callerOf } from './remote-calls-scene.ts';

const content = bytes(5000);

let remote: ReturnType<typeof Bun.serve>;
let core: FileCore;
let account: StoredAccount;

beforeAll(() => {
  remote = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    routes: {
      '/photo.jpg': new Response(content as BodyInit, { headers: { 'content-type': 'image/jpeg' } }),
      '/page.html': new Response('<p>', { headers: { 'content-type': 'text/html' } }),
      '/missing': new Response('no', { status: 404 }),
      '/': new Response('x', { headers: { 'content-type': 'text/plain' } }),
    },
  });
});
afterAll(() => remote.stop(true));
beforeEach(async () => {
  core = await openFileCore();
  account = await core.account();
});

/** A server that announces 5000 bytes, sends one less, and closes the connection. */
async function startCuttingServer() {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.end(
        Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n'), content.slice(1)]),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/photo.jpg`, stop: () => server.close() };
}

const request = { keyPrefix: '' as const, isPublic: true };
const fetchFrom = (path: string, given: object = {}, of = account) =>
  core.remoteFiles.fetchFrom(callerOf(of), new URL(path, remote.url).href, { ...request, ...given });
const codeOf = async (work: () => unknown) => (await failureOf(work)).code;

async function expectNothingIsKept(of = account): Promise<void> {
  expect(await core.usage(of)).toEqual(nothingUsed);
  core.time.now += leaseTime;
  await core.sweeper.run();
  expect(await core.held()).toEqual(nothingHeld);
}

describe('a file fetched from a URL', () => {
  test('has the bytes, the type and the name of the source, and counts as stored', async () => {
    const file = await fetchFrom('/photo.jpg');
    expect(file).toMatchObject({ name: 'photo.jpg', mediaType: 'image/jpeg', size: 5000 });
    expect(await bytesIn(await core.objects.open(await core.objects.find(account, file.id)))).toEqual(
      content,
    );
    expect(await core.usage(account)).toEqual({ ...nothingUsed, storedBytes: 5000, storedObjects: 1 });
  });

  test('has the requested name and type, and a generated name if there is none', async () => {
    const named = await fetchFrom('/photo.jpg', { name: 'a.png', mediaType: 'image/png', tags: ['x'] });
    expect(named).toMatchObject({ name: 'a.png', mediaType: 'image/png', tags: ['x'] });
    expect((await fetchFrom('/')).name).toBe('download');
  });

  test('is not created if the URL returns nothing, or its content is incomplete', async () => {
    expect(await codeOf(() => fetchFrom('/missing'))).toBe('remote_failed');
    const cut = await startCuttingServer();
    expect(await codeOf(() => fetchFrom(cut.url))).toBe('remote_failed');
    cut.stop();
    await expectNothingIsKept();
  });

  test('must fit the plan: size, storage, number, and a guest’s types', async () => {
    const guest = await core.guest();
    expect(await codeOf(() => fetchFrom('/page.html', {}, guest))).toBe('type_refused');
    for (const [limits, code] of [
      [{ maxObjectBytes: 4999 }, 'too_large'],
      [{ maxObjectBytes: 5000, maxStoredBytes: 4999 }, 'bytes_exceeded'],
      [{ maxStoredBytes: 5000, maxObjects: 0 }, 'objects_exceeded'],
    ] as const) {
      await core.plans.set('guest', limits);
      expect(await codeOf(() => fetchFrom('/photo.jpg', {}, guest))).toBe(code);
      await expectNothingIsKept(guest);
    }
    await core.plans.set('guest', { maxObjects: 3 });
    const fetched = await Promise.allSettled(
      Array.from({ length: 10 }, () => fetchFrom('/photo.jpg', {}, guest)),
    );
    expect(fetched.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await core.usage(guest)).toMatchObject({ storedBytes: 5000, storedObjects: 1 });
  });

  test.each(['', 'photo.jpg', 'ftp://127.0.0.1/a', 'http://a:b@127.0.0.1/'])(
    'is not created from %j',
    async (url) => {
      expect(await codeOf(() => core.remoteFiles.fetchFrom(callerOf(account), url, request))).toBe('invalid');
    },
  );
});

import { afterEach, beforeAll, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { newShortId } from '../../../src/core/ids.ts';
import type { Change, Changes } from '../../../src/core/ports/changes.ts';
import { SharedChanges } from '../../../src/stores/invalidation/shared-changes.ts';
import { SystemNames } from '../../../src/stores/names/system-names.ts';
import { freePort } from '../../support/ports.ts';
import { startProxy } from '../../support/proxy.ts';
import { type RedisServer, sharedRedis, startRedis } from '../../support/redis.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';

/** The changes of a database in this process, as a test makes them. */
class OwnChanges implements Changes {
  readonly #listeners: ((change: Change) => void)[] = [];
  subscribe = (listener: (change: Change) => void) => void this.#listeners.push(listener);
  refresh = () => undefined;
  commit = (...changes: Change[]) => {
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  };
}

const timers = {
  every: (milliseconds: number, task: () => void) => {
    const timer = setInterval(task, milliseconds);
    return () => clearInterval(timer);
  },
  sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
};

const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

const payload = (key: string): Change => ({ table: 'payloads', key });

function openNode(url: string, channel: string) {
  const local = new OwnChanges();
  const seen = { changes: [] as Change[], lost: 0, back: 0, malformed: 0 };
  const shared = new SharedChanges({
    url,
    channel,
    local,
    lookup: new SystemNames().lookupForSocket,
    tables: ['payloads', 'credentials', 'plans'],
    timers,
    observer: {
      lost: () => {
        seen.lost += 1;
      },
      back: () => {
        seen.back += 1;
      },
      malformed: () => {
        seen.malformed += 1;
      },
    },
  });
  shared.subscribe((change) => void seen.changes.push(change));
  closing.push(() => shared.close());
  return { commit: local.commit, seen, shared, until: (state: boolean) => untilSubscribed(shared, state) };
}

function untilSubscribed(shared: SharedChanges, state: boolean) {
  return waitFor(`a subscription: ${state}`, () => shared.isSubscribed === state);
}

async function subscribedNode(url: string, channel: string) {
  const node = openNode(url, channel);
  await node.until(true);
  node.seen.changes.length = 0;
  return node;
}

async function rawClient(url: string): Promise<Redis> {
  const client = new Redis(url);
  closing.push(() => client.disconnect());
  return client;
}

async function startOwnRedis(): Promise<RedisServer> {
  const server = await startRedis();
  closing.push(() => server.stop());
  return server;
}

await suiteWith(['redis-server'], 'changes that nodes share in Redis', () => {
  let url: string;
  beforeAll(async () => {
    ({ url } = await sharedRedis());
  });

  test('arrive at every other node, and each node sees its own once', async () => {
    const channel = newShortId();
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => subscribedNode(url, channel)));
    one?.commit(payload('a'), { table: 'credentials' });
    const change = [payload('a'), { table: 'credentials' }];
    expect(one?.seen.changes).toEqual(change as Change[]);
    for (const other of [two, three])
      await waitFor('the change', () => other !== undefined && other.seen.changes.length === 2);
    two?.commit(payload('b'));
    await waitFor('the answer', () => one?.seen.changes.length === 3);
    expect(one?.seen.changes).toEqual([...change, payload('b')] as Change[]);
    expect(two?.seen.changes).toEqual([...change, payload('b')] as Change[]);
  });

  test('of one turn are one message, in which a row is once', async () => {
    const channel = newShortId();
    const node = await subscribedNode(url, channel);
    const client = await rawClient(url);
    const messages: string[] = [];
    client.on('message', (_channel, text) => void messages.push(text));
    await client.subscribe(channel);
    node.commit(payload('a'), payload('b'));
    node.commit(payload('a'), { table: 'plans', key: 'pro' });
    // Nodes do not cache objects and buckets.
    node.commit({ table: 'objects', key: 'x' }, { table: 'buckets' });
    await waitFor('the message', () => messages.length > 0);
    node.commit(payload('last'));
    await waitFor('the last message', () => messages.length > 1);
    expect(messages.map((text) => JSON.parse(text).changes)).toEqual([
      [payload('a'), payload('b'), { table: 'plans', key: 'pro' }],
      [payload('last')],
    ]);
  });

  test('of very many rows are one of any row', async () => {
    const channel = newShortId();
    const [node, other] = [await subscribedNode(url, channel), await subscribedNode(url, channel)];
    node.commit(...Array.from({ length: 100_000 }, (_, n) => payload(String(n))));
    await waitFor('the change', () => other.seen.changes.length > 0);
    expect(other.seen.changes).toEqual([{ table: 'payloads' }]);
  });

  test('do not arrive in another channel', async () => {
    const [channel, otherChannel] = [newShortId(), newShortId()];
    const node = await subscribedNode(url, channel);
    const [same, elsewhere] = [await subscribedNode(url, channel), await subscribedNode(url, otherChannel)];
    node.commit(payload('a'));
    await waitFor('the change', () => same.seen.changes.length > 0);
    expect(elsewhere.seen.changes).toEqual([]);
  });

  test('are ignored if they are malformed, with one report', async () => {
    const channel = newShortId();
    const node = await subscribedNode(url, channel);
    const client = await rawClient(url);
    const malformed = [
      '',
      'null',
      '[]',
      '{"from":',
      '{"from":"x"}',
      '{"from":1,"changes":[]}',
      '{"from":"x","changes":[1]}',
      '{"from":"x","changes":[{"table":"payloads","key":1}]}',
      '{"from":"x","changes":[{"table":"payloads","key":"a"},null]}',
    ];
    for (const text of malformed) await client.publish(channel, text);
    await client.publish(channel, JSON.stringify({ from: 'x', changes: [payload('a')] }));
    await waitFor('the change', () => node.seen.changes.length > 0);
    expect([node.seen.changes, node.seen.malformed]).toEqual([[payload('a')], 1]);
  });

  test('are sent once Redis can be reached, if it could not at the commit', async () => {
    const port = await freePort();
    const channel = newShortId();
    const node = openNode(`redis://127.0.0.1:${port}`, channel);
    node.commit(payload('a'));
    await waitFor('a report', () => node.seen.lost > 0);
    const server = await startOwnRedis();
    const client = await rawClient(server.url);
    const messages: string[] = [];
    client.on('message', (_channel, text) => void messages.push(text));
    await client.subscribe(channel);
    // Only now, since the node sends as soon as it can.
    const way = await startProxy({ port, target: server.port });
    closing.push(() => way.stop());
    await waitFor('the message', () => messages.length > 0);
    expect(JSON.parse(messages[0] ?? '').changes).toEqual([payload('a')]);
  });
});

await suiteWith(['redis-server'], 'a lost subscription to changes', () => {
  const outages: [string, (server: RedisServer) => unknown, (server: RedisServer) => unknown][] = [
    ['is killed and starts again', (server) => server.kill(), (server) => server.restart()],
    ['hangs and continues', (server) => server.pause(), (server) => server.resume()],
  ];
  test.each(outages)(
    'announces any row when Redis %s, once when it is lost and once when it is back',
    async (_, begin, end) => {
      const server = await startOwnRedis();
      const node = await subscribedNode(server.url, newShortId());
      await begin(server);
      await node.until(false);
      expect(node.seen.changes).toEqual([{}]);
      await end(server);
      await node.until(true);
      expect(node.seen.changes).toEqual([{}, {}]);
      expect(node.seen.back).toBe(2);
    },
  );

  test('is noticed and made again if only the connection ends', async () => {
    const server = await startOwnRedis();
    const node = await subscribedNode(server.url, newShortId());
    const client = await rawClient(server.url);
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await waitFor('the subscription', () => node.seen.back === 2);
    expect(node.seen.changes).toEqual([{}, {}]);
  });

  test('is reported if Redis refuses it, and made once Redis allows it', async () => {
    const server = await startOwnRedis();
    const client = await rawClient(server.url);
    await client.call('ACL', 'SETUSER', 'default', 'resetchannels');
    const node = openNode(server.url, newShortId());
    await waitFor('a report', () => node.seen.lost > 0);
    expect(node.shared.isSubscribed).toBe(false);
    await client.call('ACL', 'SETUSER', 'default', 'allchannels');
    await node.until(true);
  });

  test('delays no commit and fails none while Redis hangs', async () => {
    const server = await startOwnRedis();
    const channel = newShortId();
    const [node, other] = [
      await subscribedNode(server.url, channel),
      await subscribedNode(server.url, channel),
    ];
    server.pause();
    for (let n = 0; n < 1000; n += 1) {
      node.commit(payload(String(n)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    server.resume();
    await other.until(true);
    node.commit(payload('last'));
    await waitFor('the last change', () => other.seen.changes.some(({ key }) => key === 'last'));
  });
});

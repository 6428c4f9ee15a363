import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { createServices, type Services } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { createLog } from '../../src/observe/log.ts';
import { createServer } from '../../src/server/index.ts';
import { mayflyCommand } from '../support/mayfly-command.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

/** CACHE_SECONDS by default, and the time that an answer waits longer than that (ms). */
const [cacheTime, margin] = [1000, 100];
/** The maximum, longer than a test waits: what disappears earlier does so because of a message. */
const longest = { CACHE_SECONDS: '10' };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Of all stores, only S3 is not needed: the content is inline. */
const settings = {
  SECRET: 'the secret of all nodes',
  S3_ENDPOINT: 'http://127.0.0.1:9',
  S3_BUCKET: 'unused',
  S3_ACCESS_KEY_ID: 'unused',
  S3_SECRET_ACCESS_KEY: 'unused',
  RATE_LIMIT: '0',
  KEY_RATE_LIMIT: '0',
};

type Node = Awaited<ReturnType<typeof openNode>>;

/** A node in this process, with its own stores and connections. */
async function openNode(env: Record<string, string>) {
  const services = await createServices(readConfig({ ...settings, ...env }), createLog('silent'));
  closing.push(() => services.close());
  const server = createServer(services, () => 'http://mayfly.test');
  const request = (
    path: string,
    { key, ...init }: RequestInit & { key?: string } = {},
    address = '127.0.0.1',
  ) => {
    const headers = {
      ...(init.headers as Record<string, string>),
      ...(key && { authorization: `Bearer ${key}` }),
    };
    return server.handle(new Request(`http://mayfly.test${path}`, { ...init, headers }), address);
  };
  const statusOf = async (...call: Parameters<typeof request>) => (await request(...call)).status;
  const untilSubscribed = async () => waitFor('the subscription', () => isSubscribed(services));
  return { services, request, statusOf, untilSubscribed };
}

const metricOf = async ({ metrics }: Services, name: string) =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await metrics.registry.metrics())?.[1]);
const isSubscribed = async (services: Services) =>
  (await metricOf(services, 'mayfly_changes_subscribed')) === 1;

async function createPayload({ request }: Node): Promise<string> {
  const body = JSON.stringify({ content: 'hello', mime_type: 'text/plain' });
  const response = await request('/api/v1/payloads', { method: 'POST', body });
  expect(response.status).toBe(201);
  const { hash_id: id } = (await response.json()) as { hash_id: string };
  return `/api/v1/payloads/${id}`;
}

/** Reads a payload on a node, so that its row is cached there. */
async function cache({ statusOf }: Node, path: string): Promise<void> {
  for (let read = 0; read < 2; read += 1) expect(await statusOf(path)).toBe(200);
}

async function deletePayload({ statusOf }: Node, path: string): Promise<void> {
  expect(await statusOf(path, { method: 'DELETE' })).toBe(204);
}

/** How long it takes until a node does not serve a payload (ms). */
async function timeUntilGone({ statusOf }: Node, path: string): Promise<number> {
  const start = performance.now();
  await waitFor('the end of the payload', async () => (await statusOf(path)) === 404, { everyMs: 2 });
  return performance.now() - start;
}

/** Calls a node all the time, as its clients do, until the returned function is called. */
function keepCalling({ statusOf }: Node, ...call: Parameters<Node['statusOf']>): () => Promise<void> {
  let isOn = true;
  const calls = (async () => {
    while (isOn) {
      await statusOf(...call);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    isOn = false;
    await calls;
  };
}

await suiteWith(['postgres', 'redis-server'], 'a change on one of several nodes', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  async function openNodes(env: Record<string, string> = {}, redisUrl = redis.url) {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    closing.push(() => postgres.dropDatabase(url));
    const shared = { ...env, REDIS_URL: redisUrl, DATABASE_URL: url };
    const [one, other] = [await openNode(shared), await openNode(shared)];
    await Promise.all([one.untilSubscribed(), other.untilSubscribed()]);
    return { one, other, url, shared };
  }

  async function ownRedis(): Promise<RedisServer> {
    const own = await startRedis();
    closing.push(() => own.stop());
    return own;
  }

  test('is known on the other by a message: a deleted payload is gone there', async () => {
    const { one, other } = await openNodes(longest);
    const times: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const path = await createPayload(one);
      await cache(other, path);
      await deletePayload(one, path);
      times.push(await timeUntilGone(other, path));
    }
    // Without other load on this machine, all are.
    expect(Math.min(...times)).toBeLessThan(50);
    expect(Math.max(...times)).toBeLessThan(cacheTime + margin);
    expect(await metricOf(other.services, 'mayfly_cache_hits')).toBeGreaterThanOrEqual(10);
  });

  test('takes effect after CACHE_SECONDS if Redis hangs', async () => {
    const own = await ownRedis();
    const { one, other } = await openNodes({}, own.url);
    const path = await createPayload(one);
    own.pause();
    await cache(other, path);
    await deletePayload(one, path);
    expect(await timeUntilGone(other, path)).toBeLessThan(cacheTime + margin);
  });

  test('is not missed while Redis is away: nothing is old when it is back', async () => {
    const own = await ownRedis();
    const { one, other } = await openNodes(longest, own.url);
    const [before, during] = [await createPayload(one), await createPayload(one)];
    await cache(other, before);
    await own.kill();
    await waitFor('the loss', async () => !(await isSubscribed(other.services)));
    await deletePayload(one, before);
    expect(await other.statusOf(before)).toBe(404);
    await cache(other, during);
    await deletePayload(one, during);
    expect(await other.statusOf(during)).toBe(200);
    await own.restart();
    await other.untilSubscribed();
    expect(await other.statusOf(during)).toBe(404);
  });

  test('is not overlooked by a read that began before it and ends after it', async () => {
    const { one, url, shared } = await openNodes(longest);
    const proxy = await startPostgresProxy(url);
    closing.push(() => proxy.stop());
    const slow = await openNode({ ...shared, DATABASE_URL: proxy.url });
    await slow.untilSubscribed();
    const path = await createPayload(one);
    proxy.delay = 300;
    const reading = slow.statusOf(path);
    // The statement has run, and its answer is on its way.
    await new Promise((resolve) => setTimeout(resolve, 1.5 * proxy.delay));
    await deletePayload(one, path);
    await reading;
    proxy.delay = 0;
    expect(await timeUntilGone(slow, path)).toBeLessThan(cacheTime + margin);
  });

  const outages: [string, boolean][] = [
    ['answers', false],
    ['hangs', true],
  ];
  test.each(outages)(
    'that revokes a key refuses it everywhere once it is answered, while Redis %s',
    async (_, hangs) => {
      const own = await ownRedis();
      const { one, other } = await openNodes({}, own.url);
      const { accounts } = one.services;
      const { secret: owner } = await accounts.createKey('storage', 'team');
      if (hangs) own.pause();
      // Each with a key of its own, and twice, as a client does that lost its connection.
      const rounds = Array.from({ length: 20 }, async (_each, round) => {
        const { secret: key, key: stored } = await accounts.createKey('storage', 'team');
        const stop = keepCalling(other, '/v1/buckets', { key });
        await new Promise((resolve) => setTimeout(resolve, 20 * round));
        const call = { key: owner, method: 'DELETE', headers: { 'idempotency-key': stored.id } };
        const revoke = () => one.statusOf(`/v1/keys/${stored.id}`, call);
        const calls = [0, 50].map(async (wait) => {
          await new Promise((resolve) => setTimeout(resolve, wait));
          let status = await revoke();
          // The first try has not committed yet.
          while (status === 409) status = await revoke();
          return [status, await other.statusOf('/v1/buckets', { key })];
        });
        const answers = await Promise.all(calls);
        await stop();
        return answers;
      });
      for (const answers of await Promise.all(rounds))
        expect(answers).toEqual([
          [204, 401],
          [204, 401],
        ]);
    },
  );

  test('that revokes a key by a command refuses it everywhere when the command ends', async () => {
    const { other, shared } = await openNodes();
    const { secret: key, key: stored } = await other.services.accounts.createKey('storage', 'team');
    const stop = keepCalling(other, '/v1/buckets', { key });
    const env = { ...settings, ...shared };
    const { code } = await mayflyCommand(temporaryDirectory('data'), ['keys', 'revoke', stored.id], env);
    const status = await other.statusOf('/v1/buckets', { key });
    await stop();
    expect([code, status]).toEqual([0, 401]);
  });

  test('that bans an address, removes content or makes a bucket private does so everywhere', async () => {
    const own = await ownRedis();
    const { one, other } = await openNodes({}, own.url);
    const { secret: key } = await one.services.accounts.createKey('storage', 'team');
    const json = { 'content-type': 'application/json' };
    const put = (path: string, method: string, body: string) =>
      one.statusOf(path, { key, method, body, headers: json });
    expect(await put('/v1/buckets', 'POST', JSON.stringify({ name: 'shown', public: true }))).toBe(201);
    expect(await put('/v1/buckets/shown/objects/key', 'PUT', 'hello')).toBe(201);
    const path = await createPayload(one);
    const object = '/v1/buckets/shown/objects/key';
    const client = '198.51.100.7';
    closing.push(other.services.bans.watch(other.services.timers));
    own.pause();
    const stops = [
      keepCalling(other, path),
      keepCalling(other, object),
      keepCalling(other, path, {}, client),
    ];
    const after = async (write: Promise<unknown>, ...call: Parameters<Node['statusOf']>) => {
      await write;
      return other.statusOf(...call);
    };
    const id = path.split('/').at(-1) ?? '';
    const target = { kind: 'payload', id } as const;
    const hidden = put('/v1/buckets/shown', 'PATCH', JSON.stringify({ public: false }));
    const statuses = await Promise.all([
      after(one.services.removals.remove(target, false), path),
      after(hidden, object),
      after(one.services.bans.ban(client), '/v1/buckets/other/objects/key', {}, client),
    ]);
    await Promise.all(stops.map((stop) => stop()));
    expect(statuses).toEqual([404, 401, 403]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import type { RateLimiter } from '../../../src/core/ports/limits/rate-limiter.ts';
import type { FallbackObserver } from '../../../src/stores/limits/outage.ts';
import { RedisLimiters } from '../../../src/stores/limits/redis.ts';
import { SystemNames } from '../../../src/stores/names/system-names.ts';
import { limitOf, rateLimiterContract } from '../../ports/rate-limiter.contract.ts';
import { freePort } from '../../support/ports.ts';
import { type RedisServer, sharedRedis, startRedis } from '../../support/redis.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Records what limiters reported of Redis. */
function observe() {
  const seen = { away: 0, back: 0, countedHere: 0 };
  const observer: FallbackObserver = {
    away: () => {
      seen.away += 1;
    },
    back: () => {
      seen.back += 1;
    },
    countedHere: (calls) => {
      seen.countedHere += calls;
    },
  };
  return { seen, observer };
}

const opened: RedisLimiters[] = [];

/** Limits of one node. It does not wait for Redis. */
function openNode(
  url: string,
  observer = observe().observer,
  clock = Date.now,
  nodes = 1,
  prefix = 'mayfly:test',
): RedisLimiters {
  const lookup = new SystemNames().lookupForSocket;
  const node = new RedisLimiters({ url, prefix, clock, observer, nodes, lookup });
  opened.push(node);
  return node;
}

async function connectedNode(...given: Parameters<typeof openNode>): Promise<RedisLimiters> {
  const node = openNode(...given);
  await waitFor('the connection to Redis', () =>
    node.probe.ping().then(
      () => true,
      () => false,
    ),
  );
  return node;
}

/** Calls one after another until `condition` holds. @returns The time of the slowest call (ms). */
async function slowestUntil(limiter: RateLimiter, condition: () => boolean): Promise<number> {
  let slowest = 0;
  await waitFor(
    'the calls to have shown it',
    async () => {
      const started = performance.now();
      await limiter.consume('client');
      slowest = Math.max(slowest, performance.now() - started);
      return condition();
    },
    { everyMs: 5 },
  );
  return slowest;
}

afterAll(() => {
  for (const node of opened) node.close();
});

await suiteWith(['redis-server'], 'limits in real Redis', () => {
  let node: RedisLimiters;
  beforeAll(async () => {
    node = await connectedNode((await sharedRedis()).url);
  });

  rateLimiterContract('one limiter', async (settings) => node.limit(settings));

  test('two nodes share a window', async () => {
    const settings = limitOf(100);
    const other = await connectedNode((await sharedRedis()).url);
    const nodes = [node.limit(settings), other.limit(settings)];
    const calls = Array.from({ length: 500 }, (_, n) => nodes[n % 2]?.consume('client'));
    const verdicts = await Promise.all(calls);
    expect(verdicts.filter((verdict) => verdict?.allowed).length).toBe(100);
  });

  test('two deployments on one Redis count separately', async () => {
    const settings = limitOf(1);
    const { url } = await sharedRedis();
    const { observer } = observe();
    const other = await connectedNode(url, observer, Date.now, 1, 'mayfly:other');
    const verdicts = [];
    for (const each of [node, other, node]) verdicts.push(await each.limit(settings).consume('client'));
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, false]);
  });

  test('a node that starts later finds the current window', async () => {
    const settings = limitOf(2);
    await node.limit(settings).consume('client');
    const later = await node.limit(settings).consume('client');
    expect([later.allowed, later.remaining]).toEqual([true, 0]);
  });

  test('nothing is counted in the process while Redis answers', async () => {
    const { seen, observer } = observe();
    const limiter = (await connectedNode((await sharedRedis()).url, observer)).limit(limitOf(10));
    await Promise.all(Array.from({ length: 100 }, () => limiter.consume('client')));
    expect(seen).toEqual({ away: 0, back: 0, countedHere: 0 });
  });

  const outages: [string, (server: RedisServer) => void | Promise<void>, (server: RedisServer) => unknown][] =
    [
      ['is killed', (server) => server.kill(), (server) => server.restart()],
      ['hangs', (server) => server.pause(), (server) => server.resume()],
    ];
  test.each(outages)(
    'a Redis that %s delays and fails no call; the process continues to count',
    async (_, begin, end) => {
      const server = await startRedis();
      const { seen, observer } = observe();
      const limiter = (await connectedNode(server.url, observer)).limit(limitOf(1000));
      await limiter.consume('client');
      await begin(server);
      const slowest = await slowestUntil(limiter, () => seen.countedHere >= 20);
      expect(slowest).toBeLessThan(1000);
      expect(seen.away).toBe(1);

      const burst = await Promise.all(Array.from({ length: 2000 }, () => limiter.consume('another')));
      expect(burst.filter(({ allowed }) => allowed).length).toBe(1000);
      expect(seen.away).toBe(1);

      await end(server);
      await slowestUntil(limiter, () => seen.back === 1);
      const countedHere = seen.countedHere;
      expect((await limiter.consume('yet another')).remaining).toBe(999);
      expect(seen).toEqual({ away: 1, back: 1, countedHere });
      await server.stop();
    },
  );

  test.each([
    [10, 4],
    [9, 3],
    [1, 1],
  ])(
    'while Redis is away, one of three nodes allows of a limit of %i its share of %i',
    async (points, share) => {
      const server = await startRedis();
      const { seen, observer } = observe();
      const limiter = openNode(server.url, observer, Date.now, 3).limit(limitOf(points));
      await server.kill();
      await slowestUntil(limiter, () => seen.countedHere > 0);
      const burst = await Promise.all(Array.from({ length: 20 }, () => limiter.consume('another')));
      expect(burst.filter(({ allowed }) => allowed).length).toBe(share);
      expect(burst[0]).toMatchObject({ limit: share, remaining: share - 1 });
      await server.stop();
    },
  );

  test('a Redis that is missing at the start is no obstacle, and is found when it starts', async () => {
    const port = await freePort();
    const { seen, observer } = observe();
    const limiter = openNode(`redis://127.0.0.1:${port}`, observer).limit(limitOf(5));
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => limiter.consume('client')));
    expect(verdicts.filter(({ allowed }) => allowed).length).toBe(5);
    expect(seen).toEqual({ away: 1, back: 0, countedHere: 20 });
    const server = await startRedis({ port });
    await slowestUntil(limiter, () => seen.back === 1);
    await server.stop();
  });

  describe('several limits of one node', () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await startRedis();
    });
    afterAll(() => server.stop());

    const names = ['address', 'credential', 'guest', 'claim', 'presign'];

    /** Five limits whose clock only the test moves, so that the test decides when a pause ends. */
    async function openFive() {
      const time = { now: Date.now() };
      const { seen, observer } = observe();
      const five = await connectedNode(server.url, observer, () => time.now);
      const limits = names.map((name) => five.limit({ ...limitOf(3, 86_400), keyPrefix: `five:${name}` }));
      return { time, seen, limits, consumeAll: (key: string) => inTurn(limits, key) };
    }

    async function inTurn(limits: RateLimiter[], key: string) {
      const verdicts = [];
      for (const limit of limits) verdicts.push(await limit.consume(key));
      return verdicts;
    }

    test('count separately under one key, each under its own name, for its window', async () => {
      const inspector = new Redis(server.url);
      await inspector.flushall();
      const { consumeAll } = await openFive();
      const remaining = (await consumeAll('192.0.2.1')).map((verdict) => verdict.remaining);
      expect(remaining).toEqual([2, 2, 2, 2, 2]);
      const keys = (await inspector.keys('mayfly:test:five:*')).toSorted();
      expect(keys).toEqual(names.map((name) => `mayfly:test:five:${name}:192.0.2.1`).toSorted());
      for (const key of keys) {
        const left = await inspector.ttl(key);
        expect(left).toBeGreaterThan(86_400 - 60);
        expect(left).toBeLessThanOrEqual(86_400);
      }
      inspector.disconnect();
    });

    test('share one connection', async () => {
      const inspector = new Redis(server.url);
      const clients = async () =>
        String(await inspector.client('LIST'))
          .trim()
          .split('\n').length;
      const before = await clients();
      const { consumeAll } = await openFive();
      await consumeAll('192.0.2.2');
      expect(await clients()).toBe(before + 1);
      inspector.disconnect();
    });

    test('share their state: an outage is reported once, and its end once', async () => {
      const { time, seen, limits, consumeAll } = await openFive();
      await server.kill();
      for (let call = 0; call < 4; call += 1) await consumeAll('192.0.2.3');
      expect(seen).toEqual({ away: 1, back: 0, countedHere: 20 });
      for (const limit of limits) expect((await limit.consume('192.0.2.3')).allowed).toBe(false);

      await server.restart();
      await waitFor('Redis to be back', async () => {
        time.now += 1000;
        await consumeAll('192.0.2.4');
        return seen.back > 0;
      });
      const { countedHere } = seen;
      await consumeAll('192.0.2.5');
      expect(seen).toEqual({ away: 1, back: 1, countedHere });
    });

    test('wait for a Redis that hangs only once, and only one of many concurrent calls does', async () => {
      const { time, seen, limits, consumeAll } = await openFive();
      server.pause();
      const started = performance.now();
      for (let call = 0; call < 10; call += 1) await consumeAll(`client ${call}`);
      // Fifty timeouts of a quarter of a second would be 12 s.
      expect(performance.now() - started).toBeLessThan(2000);
      expect(seen).toEqual({ away: 1, back: 0, countedHere: 50 });

      time.now += 1000;
      const ended: number[] = [];
      const calls = Array.from({ length: 50 }, async (_, n) => {
        await limits[n % 5]?.consume(`yet another ${n}`);
        ended.push(n);
      });
      await Promise.all(calls);
      // The first calls Redis and waits; in the meantime, the process counts the others.
      expect(ended).toEqual([...Array.from({ length: 49 }, (_, n) => n + 1), 0]);
      expect(seen).toEqual({ away: 1, back: 0, countedHere: 100 });
      server.resume();
    });

    test('try Redis again immediately if the clock is set back during an outage', async () => {
      const { time, seen, consumeAll } = await openFive();
      await server.kill();
      await consumeAll('192.0.2.6');
      expect(seen.away).toBe(1);
      await server.restart();
      await waitFor('the end of the outage', async () => {
        time.now -= 3_600_000;
        await consumeAll('192.0.2.7');
        return seen.back === 1;
      });
      expect(seen.away).toBe(1);
    });
  });
});

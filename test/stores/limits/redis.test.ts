import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Redis } from 'ioredis';
import { connectRedis, type FallbackObserver, RedisRateLimiter } from '../../../src/stores/limits/redis.ts';
import type { RateLimitSettings } from '../../../src/stores/limits/settings.ts';
import { freePort } from '../../support/ports.ts';
import { type RedisServer, sharedRedis, startRedis } from '../../support/redis.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { limitOf, rateLimiterContract } from './rate-limiter.contract.ts';

/** Remembers what a limiter told of Redis. */
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

const connections: Redis[] = [];

async function connected(url: string): Promise<Redis> {
  const redis = connectRedis(url);
  connections.push(redis);
  await waitFor('the connection to Redis', () => redis.status === 'ready');
  return redis;
}

function limiterOver(redis: Redis, settings: RateLimitSettings, observer = observe().observer) {
  return new RedisRateLimiter(redis, settings, Date.now, observer);
}

/** Calls one after the other for as long as `condition` does not hold, and tells the slowest (ms). */
async function slowestUntil(limiter: RedisRateLimiter, condition: () => boolean): Promise<number> {
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
  for (const redis of connections) redis.disconnect();
});

await suiteWith(['redis-server'], 'limits in real Redis', () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await connected((await sharedRedis()).url);
  });

  rateLimiterContract('one limiter', (settings) => limiterOver(redis, settings));

  test('two nodes share a window', async () => {
    const settings = limitOf(100);
    const other = await connected((await sharedRedis()).url);
    const nodes = [limiterOver(redis, settings), limiterOver(other, settings)];
    const calls = Array.from({ length: 500 }, (_, n) => nodes[n % 2]?.consume('client'));
    const verdicts = await Promise.all(calls);
    expect(verdicts.filter((verdict) => verdict?.allowed).length).toBe(100);
  });

  test('a node that starts later finds the window as it stands', async () => {
    const settings = limitOf(2);
    await limiterOver(redis, settings).consume('client');
    const later = await limiterOver(redis, settings).consume('client');
    expect([later.allowed, later.remaining]).toEqual([true, 0]);
  });

  test('nothing is counted in the process while Redis answers', async () => {
    const { seen, observer } = observe();
    const limiter = limiterOver(redis, limitOf(10), observer);
    await Promise.all(Array.from({ length: 100 }, () => limiter.consume('client')));
    expect(seen).toEqual({ away: 0, back: 0, countedHere: 0 });
  });

  const outages: [string, (server: RedisServer) => void | Promise<void>, (server: RedisServer) => unknown][] =
    [
      ['is killed', (server) => server.kill(), (server) => server.restart()],
      ['hangs', (server) => server.pause(), (server) => server.resume()],
    ];
  test.each(outages)(
    'a Redis that %s stalls and fails no call; the count goes on in the process',
    async (_, begin, end) => {
      const server = await startRedis();
      const { seen, observer } = observe();
      const limiter = limiterOver(await connected(server.url), limitOf(1000), observer);
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

  test('a Redis that is not there at the start is no obstacle, and is found when it comes', async () => {
    const port = await freePort();
    const late = connectRedis(`redis://127.0.0.1:${port}`);
    connections.push(late);
    const { seen, observer } = observe();
    const limiter = limiterOver(late, limitOf(5), observer);
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => limiter.consume('client')));
    expect(verdicts.filter(({ allowed }) => allowed).length).toBe(5);
    expect(seen).toEqual({ away: 1, back: 0, countedHere: 20 });
    const server = await startRedis({ port });
    await slowestUntil(limiter, () => seen.back === 1);
    await server.stop();
  });
});

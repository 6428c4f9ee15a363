import { expect, setDefaultTimeout, test } from 'bun:test';
import { startMayfly } from '../support/mayfly-process.ts';
import { startRedis } from '../support/redis.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { readMetric } from './metrics.ts';
import { post, statusOf } from './requests.ts';

setDefaultTimeout(60_000);

type Answer = {
  status: number;
  limit: string | null;
  remaining: number;
  reset: number;
  milliseconds: number;
};

const clients = 32;
const manyCalls = '1000000';
const fallback = 'mayfly_rate_limit_fallback_total';

async function call(url: string): Promise<Answer> {
  const started = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  const number = (name: string) => Number(response.headers.get(name) ?? Number.NaN);
  return {
    status: response.status,
    limit: response.headers.get('x-ratelimit-limit'),
    remaining: number('x-ratelimit-remaining'),
    reset: number('x-ratelimit-reset'),
    milliseconds: performance.now() - started,
  };
}

/** Calls without a pause, with all clients, while `outage` runs. @returns All responses. */
async function underLoad(url: string, outage: () => Promise<void>): Promise<Answer[]> {
  const answers: Answer[] = [];
  let isOver = false;
  const load = Array.from({ length: clients }, async () => {
    while (!isOver) answers.push(await call(url));
  });
  await outage().finally(() => {
    isOver = true;
  });
  await Promise.all(load);
  return answers;
}

/** Waits until calls are counted in Redis and no longer in the process. */
async function redisIsCounting(url: string): Promise<void> {
  await waitFor('Redis to count', async () => {
    const before = await readMetric(url, fallback);
    for (let count = 0; count < 5; count += 1) await call(`${url}/`);
    return (await readMetric(url, fallback)) === before;
  });
}

/** Checks that hold for every response, in every state of Redis. */
function expectUnharmed(answers: Answer[]): void {
  expect(answers.length).toBeGreaterThan(clients);
  const wrong = ({ status, limit, remaining, reset, milliseconds }: Answer) =>
    status !== 200 || limit !== manyCalls || !(remaining >= 0) || !(reset > 0) || milliseconds >= 1000;
  expect(answers.filter(wrong).slice(0, 5)).toEqual([]);
}

await suiteWith(['redis-server'], 'Redis away', () => {
  for (const outage of ['killed', 'paused'] as const) {
    test(`under load, ${outage}, delays and fails no request, and the process counts until Redis is back`, async () => {
      const redis = await startRedis();
      const env = { REDIS_URL: redis.url, RATE_LIMIT: manyCalls, LOG_LEVEL: 'warn' };
      const mayfly = await startMayfly({ env });
      await redisIsCounting(mayfly.url);
      const id = await post(mayfly.url, { content: 'hello' });
      const fallbacks = () => readMetric(mayfly.url, fallback);
      const before = await fallbacks();
      const answers = await underLoad(`${mayfly.url}/api/v1/payloads/${id}`, async () => {
        if (outage === 'killed') await redis.kill();
        else redis.pause();
        await waitFor('the fallback to count', async () => (await fallbacks()) > before + 100);
        // Includes at least one more try to reach Redis, a second after the first.
        const tries = performance.now() + 1500;
        await waitFor('another try', () => performance.now() > tries);
        if (outage === 'killed') await redis.restart();
        else redis.resume();
        await redisIsCounting(mayfly.url);
      });
      expectUnharmed(answers);
      // It is logged once for an outage, not with every request. On a busy machine, Redis may be too slow once more.
      const logged = mayfly.logs().split('Redis is away').length - 1;
      expect(logged).toBeGreaterThanOrEqual(1);
      expect(logged).toBeLessThanOrEqual(3);
      expect(await mayfly.stop()).toBe(0);
      await redis.stop();
    });
  }

  test('two servers with one SECRET share a window, count separately while Redis is unavailable, and then share it again', async () => {
    const redis = await startRedis();
    const env = { REDIS_URL: redis.url, RATE_LIMIT: '1000', SECRET: 'the same on both servers' };
    const [first, second] = await Promise.all([startMayfly({ env }), startMayfly({ env })]);
    const remaining = async ({ url }: { url: string }) => (await call(`${url}/`)).remaining;
    const share = async () => (await remaining(first)) === (await remaining(second)) + 1;
    await waitFor('both to share', share);

    await redis.kill();
    await waitFor('both to count alone', async () => {
      const [a, b] = [await remaining(first), await remaining(second)];
      return (await remaining(first)) === a - 1 && (await remaining(second)) === b - 1;
    });
    expect(await readMetric(first.url, fallback)).toBeGreaterThan(0);
    expect(await readMetric(second.url, fallback)).toBeGreaterThan(0);

    await redis.restart();
    await waitFor('both to share again', share);
    await first.stop();
    await second.stop();
    await redis.stop();
  });

  test('a limit applies while Redis is unavailable', async () => {
    const redis = await startRedis();
    const mayfly = await startMayfly({ env: { REDIS_URL: redis.url, RATE_LIMIT: '20' } });
    await redis.kill();
    // The window in the process begins with the first call.
    const statuses = [];
    for (let count = 0; count < 25; count += 1) statuses.push(await statusOf(`${mayfly.url}/`));
    expect(statuses).toEqual([...Array(20).fill(200), ...Array(5).fill(429)]);
    await mayfly.stop();
  });

  test('a server starts while Redis is unavailable, and is ready', async () => {
    const redis = await startRedis();
    await redis.stop();
    const mayfly = await startMayfly({ env: { REDIS_URL: redis.url, RATE_LIMIT: '20' } });
    const readiness = await fetch(`${mayfly.url}/readyz`);
    expect(await readiness.json()).toMatchObject({ status: 'ready', stores: { redis: 'away' } });
    expect(await call(`${mayfly.url}/`)).toMatchObject({ status: 200, limit: '20' });
    await redis.restart();
    await waitFor('Redis in /readyz', async () => {
      const { stores } = (await (await fetch(`${mayfly.url}/readyz`)).json()) as {
        stores: { redis: string };
      };
      return stores.redis === 'ok';
    });
    await mayfly.stop();
    await redis.stop();
  });
});

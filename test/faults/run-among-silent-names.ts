// Runs Mayfly, and 500 calls that wait for names, in a private network whose name server never answers. Writes the
// results as JSON.
import { outOfReach } from '../api/file-server.ts';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { startNameServer } from '../support/name-server.ts';
import { bytesOf } from './content.ts';

const [runtime] = process.argv.slice(2) as [Runtime];
const blob = bytesOf('blob', 200 * 1024) as BodyInit;
const silentRedis = 'redis://redis.example.test:6379';
const settings = { ...outOfReach, REDIS_URL: silentRedis, TRUSTED_PROXIES: '127.0.0.1' };

type Probe = [name: string, path: string, init?: RequestInit];

/** Repeats calls one after another until `isOver`. @returns The statuses and the longest time (ms) of each. */
async function probe({ url }: MayflyProcess, probes: Probe[], isOver: () => boolean) {
  const results: Record<string, { statuses: number[]; longest: number; calls: number }> = {};
  do
    for (const [name, path, init] of probes) {
      const startedAt = performance.now();
      const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(15_000) });
      await response.arrayBuffer();
      const took = Math.round(performance.now() - startedAt);
      const { statuses = [], longest = 0, calls = 0 } = results[name] ?? {};
      results[name] = {
        statuses: [...new Set([...statuses, response.status])],
        longest: Math.max(longest, took),
        calls: calls + 1,
      };
    }
  while (!isOver());
  return results;
}

async function json(response: Response) {
  return (await response.json()) as Record<string, unknown>;
}

/** Fetches of URLs by guests, and new webhooks, all with different names, from 100 addresses. */
async function startCalls({ url, dataDir }: MayflyProcess) {
  const from = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n % 100}` });
  const post = (path: string, token: unknown, n: number, body: object) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...from(n) },
      body: JSON.stringify(body),
    });
  const newGuests = Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const answer = await fetch(`${url}/api/v1/auth/guest`, { method: 'POST', headers: from(n) });
      return (await json(answer)).token;
    }),
  );
  const key = await mayflyOutput(dataDir, ['keys', 'create', '--kind', 'storage', '--account', 'a']);
  const auth = { authorization: `Bearer ${key}` };
  await post('/v1/buckets', key, 0, { name: 'bucket' });
  const hook = (n: number) => post('/v1/webhooks', key, n, { url: `https://hook${n}.example.test/` });
  const [firstHook, guests] = await Promise.all([hook(0), newGuests]);
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      fetch(`${url}/v1/buckets/bucket/objects/${n}`, { method: 'PUT', headers: auth, body: 'x' }),
    ),
  );
  const calls = Array.from({ length: 500 }, async (_, n) => {
    const name = { url: `http://slow${n}.example.test/x` };
    const answer = await (n < 15 ? hook(n + 1) : post('/api/v1/upload/url', guests[n % 20], n, name));
    const hasRetryAfter = Number(answer.headers.get('retry-after')) > 0;
    return `${n < 15 ? 'hook' : 'fetch'} ${answer.status}${hasRetryAfter ? ' with Retry-After' : ''}`;
  });
  return { firstHook: firstHook.status, calls };
}

async function whileNamesAreSilent() {
  const mayfly = await startMayfly({ runtime, env: settings, readyWithinMs: 60_000 });
  const link = (await (await fetch(`${mayfly.url}/blob`, { method: 'PUT', body: blob })).text()).trim();
  const raw = `/raw/${link.split('/').at(-1)}`;
  const probes: Probe[] = [
    ['read', raw],
    ['ranged read', raw, { headers: { range: 'bytes=1000-99999' } }],
    ['write', '/blob', { method: 'PUT', body: blob }],
    ['readyz', '/readyz'],
    ['healthz', '/healthz'],
  ];
  const { firstHook, calls } = await startCalls(mayfly);
  let isOver = false;
  const ends = Promise.all(calls).finally(() => {
    isOver = true;
  });
  const probed = await probe(mayfly, probes, () => isOver);
  const counts: Record<string, number> = {};
  for (const end of await ends) counts[end] = (counts[end] ?? 0) + 1;
  const { stores } = await json(await fetch(`${mayfly.url}/readyz`));
  await mayfly.stop();
  return { firstHook, counts, probed, stores };
}

async function withSilentStores() {
  const s3 = {
    S3_ENDPOINT: 'http://s3.example.test:9000',
    S3_BUCKET: 'bucket',
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'secret',
  };
  const env = { ...settings, ...s3 };
  const mayfly = await startMayfly({ runtime, env, readyWithinMs: 60_000, readyPath: '/healthz' });
  const created = await json(
    await fetch(`${mayfly.url}/api/v1/payloads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: 'in the database', mime_type: 'text/plain' }),
    }),
  );
  const probes: Probe[] = [
    ['read', `/raw/${created.hash_id}`],
    ['write', '/text', { method: 'PUT', body: 'in the database' }],
    ['healthz', '/healthz'],
    ['page', '/'],
  ];
  let isOver = false;
  const writes = Promise.all(
    Array.from({ length: 64 }, () => fetch(`${mayfly.url}/blob`, { method: 'PUT', body: blob })),
  ).finally(() => {
    isOver = true;
  });
  const probed = await probe(mayfly, probes, () => isOver);
  const statuses = [...new Set((await writes).map(({ status }) => status))];
  const readiness = await fetch(`${mayfly.url}/readyz`);
  const { stores } = await json(readiness);
  await mayfly.stop();
  return { probed, statuses, readyz: readiness.status, stores };
}

const asked = await startNameServer('silence');
const results = {
  ...{ waiting: await whileNamesAreSilent(), stores: await withSilentStores() },
  isRedisAskedFor: asked.includes('redis.example.test'),
  isS3AskedFor: asked.includes('s3.example.test'),
};
console.log(`\nresults: ${JSON.stringify(results)}`);
process.exit(0);

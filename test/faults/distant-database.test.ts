import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServices, type Services } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { createLog } from '../../src/observe/log.ts';
import { createServer } from '../../src/server/index.ts';
import { checkout } from '../support/parts.ts';
import { sharedPostgres, suiteWithPostgres } from '../support/postgres.ts';
import { type PostgresProxy, startPostgresProxy } from '../support/postgres-proxy.ts';
import { sharedRedis } from '../support/redis.ts';

setDefaultTimeout(60_000);

const connections = 64;
/** Each way between the node and the database (ms). */
const delay = 1;

let proxy: PostgresProxy;
let services: Services;
let handle: (path: string, init?: RequestInit) => Promise<Response>;
let database: string;

async function create(content: string): Promise<string> {
  const body = JSON.stringify({ content, mime_type: 'text/plain' });
  const response = await handle('/api/v1/payloads', { method: 'POST', body });
  expect(response.status).toBe(201);
  return ((await response.json()) as { hash_id: string }).hash_id;
}

/** How often a kind of statement has run, without those that the metrics of the cluster need. */
async function statements(kind: string): Promise<number> {
  const line = `mayfly_database_statement_seconds_count\\{statement="${kind}"\\} (\\d+)`;
  return Number(new RegExp(line).exec(await services.metrics.registry.metrics())?.[1] ?? 0);
}

await suiteWithPostgres('a database at a distance of 1 ms', () => {
  beforeAll(async () => {
    const postgres = await sharedPostgres();
    database = await postgres.createDatabase();
    proxy = await startPostgresProxy(database);
    proxy.delay = delay;
    const config = readConfig({
      DATABASE_URL: proxy.url,
      REDIS_URL: (await sharedRedis()).url,
      SECRET: 'the secret of this test',
      // Never called: the content is inline.
      S3_ENDPOINT: 'http://127.0.0.1:9',
      S3_BUCKET: 'unused',
      S3_ACCESS_KEY_ID: 'unused',
      S3_SECRET_ACCESS_KEY: 'unused',
      RATE_LIMIT: '0',
      CACHE_SECONDS: '0',
    });
    services = await createServices(config, createLog('silent'));
    const server = createServer(services, () => 'http://mayfly.test');
    handle = (path, init) => server.handle(new Request(`http://mayfly.test${path}`, init), '127.0.0.1');
  });
  afterAll(async () => {
    await services.close();
    proxy.stop();
    await (await sharedPostgres()).dropDatabase(database);
  });

  // Another statement starts for a quarter of the calls at once. All 64 are answered together, so batches have 32 to 64.
  test('creates of 64 connections share commits: at most 60 for 1,000', async () => {
    const creates = 2000;
    const { writeCounts } = services.stores;
    const before = { ...writeCounts };
    let begun = 0;
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (begun < creates) {
          begun += 1;
          await create(`distant ${begun}`);
        }
      }),
    );
    expect(writeCounts.writers - before.writers).toBe(creates);
    expect(writeCounts.commits - before.commits).toBeLessThanOrEqual((60 * creates) / 1000);
  });

  test('reads of one turn of the event loop are one statement', async () => {
    const ids = await Promise.all(Array.from({ length: connections }, (_, index) => create(`read ${index}`)));
    // Payloads with one TTL lie in one table, or in two around the moment at which the next one begins.
    const tables = new Set(ids.map((id) => id.slice(0, 2))).size;
    expect(tables).toBeLessThanOrEqual(2);
    const before = await statements('select payloads');
    const answers = await Promise.all(ids.map((id) => handle(`/raw/${id}`)));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts).toEqual(ids.map((_, index) => `read ${index}`));
    expect((await statements('select payloads')) - before).toBe(tables);
  });

  // docs/operations.md, "What to look at"
  test('is measured', async () => {
    const text = await services.metrics.text();
    const documented = readFileSync(join(checkout, 'docs', 'operations.md'), 'utf8').matchAll(
      /^\| `(mayfly_\w+)`/gm,
    );
    const exposed = text.matchAll(/^# TYPE (mayfly_\w+)/gm);
    const names = (found: Iterable<RegExpExecArray>) => [...found].map(([, name]) => name ?? '').toSorted();
    expect(names(exposed)).toEqual(names(documented).filter((name) => name !== 'mayfly_disk_free_bytes'));
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(value('mayfly_database_wait_seconds_count')).toBeGreaterThan(0);
    expect(value('mayfly_database_commit_writes_sum')).toBeGreaterThan(0);
    expect(value('mayfly_database_repeats_total')).toBe(0);
    expect(value('mayfly_database_unknown_outcomes_total')).toBe(0);
    // Half of the round trip through the proxy, at least.
    expect(value('mayfly_clock_error_seconds')).toBeWithin(delay / 1000, 0.25);
    expect(Math.abs(value('mayfly_clock_offset_seconds'))).toBeLessThan(0.25);
    expect(value('mayfly_oldest_slot_seconds')).toBe(0);
  });

  test('a read is answered after one round trip', async () => {
    const id = await create('one round trip');
    const times: number[] = [];
    for (let round = 0; round < 50; round += 1) {
      const start = performance.now();
      expect((await handle(`/raw/${id}`)).status).toBe(200);
      times.push(performance.now() - start);
    }
    // A second round trip would take 4 ms, on any machine.
    expect(Math.min(...times)).toBeLessThan(4 * delay);
  });
});

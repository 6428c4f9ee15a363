import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { type PostgresServer, startPostgres, suiteWithPostgres } from '../support/postgres.ts';
import { sharedRedis } from '../support/redis.ts';
import { sharedS3 } from '../support/s3.ts';
import { waitFor } from '../support/wait-for.ts';
import { post, readRaw, statusOf } from './requests.ts';

setDefaultTimeout(120_000);

let primary: PostgresServer;
let standby: PostgresServer;
const nodes: MayflyProcess[] = [];

/** Creates payloads on a node, one after another, until the returned function is called. */
function keepCreating({ url }: MayflyProcess) {
  const stored = new Map<string, string>();
  const refusals: string[] = [];
  let isOver = false;
  const load = (async () => {
    for (let count = 0; !isOver; count += 1) {
      const content = `${url} ${count}`;
      const created = await post(url, { content }).catch((error: Error) => error.message);
      if (/^[0-9a-f]{32}$/.test(created)) stored.set(created, content);
      else refusals.push(created);
      await Bun.sleep(10);
    }
  })();
  return {
    stored,
    async end() {
      isOver = true;
      await load;
      return { stored, refusals };
    },
  };
}

// Rules: docs/postgresql.md, "The URL".
await suiteWithPostgres('a URL with a standby and its primary', () => {
  beforeAll(async () => {
    primary = await startPostgres();
    const database = await primary.createDatabase();
    standby = await startPostgres({ standbyOf: primary });
    const [s3, redis] = await Promise.all([sharedS3(), sharedRedis()]);
    const env = {
      ...s3.env,
      DATABASE_URL: database.replace('@', `@127.0.0.1:${standby.port},`),
      REDIS_URL: redis.url,
      SECRET: randomBytes(16).toString('hex'),
    };
    // The first one fills the database.
    for (const runtime of ['bun', 'deno'] as const)
      nodes.push(await startMayfly({ runtime, env, readyWithinMs: 45_000 }));
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await Promise.all([primary.stop(), standby.stop()]);
  });

  test('lets servers go on by themselves when the standby takes over', async () => {
    const loads = nodes.map(keepCreating);
    await waitFor('some payloads', () => loads.every(({ stored }) => stored.size > 20));
    // It sends its whole log to the standby before it ends.
    await primary.stop();
    for (const { url } of nodes)
      await waitFor('a refusal', async () => (await statusOf(`${url}/readyz`)) === 503);
    await standby.promote();
    const before = loads.map(({ stored }) => stored.size);
    await waitFor('payloads on the new primary', () =>
      loads.every(({ stored }, index) => stored.size > (before[index] ?? 0) + 20),
    );
    for (const { url } of nodes)
      await waitFor('readiness', async () => (await statusOf(`${url}/readyz`)) === 200);
    for (const load of loads) {
      const { stored, refusals } = await load.end();
      expect(refusals.length).toBeGreaterThan(0);
      for (const refusal of refusals) expect(refusal).toStartWith('503');
      // Each server reads what both have acknowledged, before and after.
      for (const { url } of nodes)
        for (const [id, content] of stored) expect((await readRaw(url, id)).toString()).toBe(content);
    }
  });
}, ['versitygw', 'redis-server', 'deno']);

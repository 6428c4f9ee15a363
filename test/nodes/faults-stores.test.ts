import { expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { bytesOf, textOf } from '../faults/content.ts';
import { post, put, readRaw, statusOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, longerLeases } from './agreement.ts';
import { Load } from './load.ts';

const rounds = roundsOr(2);
/** No call is to wait for Redis; the others wait for their connection or statement. */
const noDelay = 10_000;
const longestCall = 20_000;
/** So few clients rarely wait for a connection. */
const fewClients = { writers: 6 };

await suiteOnCluster(
  'with PgBouncer in transaction mode',
  throughPgbouncer(),
  (cluster) => {
    let load: Load | undefined;
    const clients = async () => {
      load ??= await Load.prepare(cluster());
      return load;
    };
    const progress = async ({ acknowledged: before }: Load) => {
      await waitFor('writes', async () => (await clients()).acknowledged > before + 60, {
        timeoutMs: 30_000,
      });
    };

    for (const outage of ['killed', 'paused'] as const)
      test(
        `Redis ${outage}: no call fails or waits, and the nodes are ready`,
        async () => {
          const work = await clients();
          const { redis, nodes } = cluster();
          const before = { ...work.failures };
          work.slowest = 0;
          for (let round = 0; round < rounds; round += 1)
            await work.during(async () => {
              if (outage === 'killed') await redis.kill();
              else redis.pause();
              await progress(work);
              for (const { url } of nodes) {
                const response = await fetch(`${url}/readyz`);
                expect(response.status).toBe(200);
                expect(await response.json()).toMatchObject({ stores: { redis: 'away' } });
              }
              if (outage === 'killed') await redis.restart();
              else redis.resume();
              await progress(work);
            }, fewClients);
          expect(work.failures).toEqual(before);
          expect(work.slowest).toBeLessThan(noDelay);
          expect(await work.losses('ever')).toEqual([]);
        },
        limitOf(rounds),
      );

    test(
      'S3 away: blobs get 503, inline content is written and read, and afterwards all agrees',
      async () => {
        const { s3, nodes } = cluster();
        const kept = bytesOf('kept', 100 * 1024);
        const id = await put(cluster().url, kept);
        for (let round = 0; round < rounds; round += 1) {
          await s3.stop();
          for (const { url } of nodes) {
            const content = textOf(`without S3 ${round} ${url}`, 1000);
            expect(String(await readRaw(url, await post(url, { content })))).toBe(content);
            await expect(put(url, kept)).rejects.toThrow(/^503 /);
            expect(await statusOf(`${url}/raw/${id}`)).toBe(503);
            expect(await statusOf(`${url}/readyz`)).toBe(503);
          }
          await s3.restart();
          for (const { url } of nodes)
            await waitFor('S3', async () => (await readRaw(url, id)).equals(kept), { timeoutMs: 20_000 });
        }
        await expectAgreement(cluster());
      },
      limitOf(rounds),
    );

    test(
      'all connections in use: calls wait or get 503, none hangs, and then all goes on',
      async () => {
        const work = await clients();
        work.slowest = 0;
        const database = new URL(cluster().env.DATABASE_DIRECT_URL ?? '').pathname.slice(1);
        for (let round = 0; round < rounds; round += 1)
          await work.during(async () => {
            await progress(work);
            const locker = new pg.Client({ connectionString: cluster().postgres.adminUrl(database) });
            await locker.connect();
            // Every write of an account waits for its row, with a connection.
            await locker.query(`BEGIN; SELECT 1 FROM accounts WHERE name = 'acme' FOR UPDATE`);
            await sleep(4000);
            await locker.query('ROLLBACK');
            await locker.end();
            await progress(work);
          });
        expect(work.slowest).toBeLessThan(longestCall);
        expect(await work.losses('ever')).toEqual([]);
        expect(work.problems).toEqual([]);
        await expectAgreement(cluster());
      },
      limitOf(rounds),
    );
  },
  ['pgbouncer'],
);

/** Few connections, so that the transactions of 16 clients that wait use them all. */
function throughPgbouncer() {
  return {
    throughPooler: startPgbouncer,
    env: { ...longerLeases, DATABASE_PREPARE: 'false', DATABASE_POOL: '4' },
  };
}

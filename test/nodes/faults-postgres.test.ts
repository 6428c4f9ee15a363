import { expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, suiteOnCluster } from '../support/cluster.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { Load } from './load.ts';

const rounds = roundsOr(2);
/** The longest that a call may take (ms): more than the deadline of a statement and the wait for a connection. */
const longestCall = 20_000;

const faults: Record<string, (cluster: Cluster) => Promise<unknown>> = {
  'that ends the processes of its connections': (cluster) =>
    cluster.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    ),
  'that is restarted': ({ postgres }) => postgres.restart(),
  'that is killed': async ({ postgres }) => {
    await postgres.kill();
    await sleep(500);
    await postgres.restart();
  },
  'that stops answering for three seconds': async ({ postgres }) => {
    postgres.pause();
    await sleep(3000);
    postgres.resume();
  },
};

await suiteOnCluster('PostgreSQL', { env: shortLeases }, (cluster) => {
  let load: Load | undefined;

  for (const [name, fault] of Object.entries(faults)) {
    test(
      `${name} lets no call hang, mixes up no rows, and loses nothing acknowledged`,
      async () => {
        load ??= await Load.prepare(cluster());
        const clients = load;
        const continues = async () => {
          const before = clients.acknowledged;
          await waitFor('writes', () => clients.acknowledged > before + 60, { timeoutMs: 30_000 });
        };
        for (let round = 0; round < rounds; round += 1) {
          await clients.during(async () => {
            await continues();
            await fault(cluster());
            await continues();
          });
          expect(await clients.losses()).toEqual([]);
        }
        expect(clients.problems).toEqual([]);
        expect(clients.slowest).toBeLessThan(longestCall);
        await expectAgreement(cluster());
        expect(await clients.losses('ever')).toEqual([]);
      },
      limitOf(rounds),
    );
  }
});

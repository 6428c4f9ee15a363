import { expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { suiteOnCluster } from '../support/cluster.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { waitFor } from '../support/wait-for.ts';
import { expectAgreement, shortLeases } from './agreement.ts';
import { Load } from './load.ts';

const rounds = roundsOr(2);

await suiteOnCluster('a node that is killed', { proxy: 'haproxy', env: shortLeases }, (cluster) => {
  test(
    'loses nothing acknowledged, leaves no orphan, and the usage stays exact',
    async () => {
      const load = await Load.prepare(cluster());
      for (let round = 0; round < rounds; round += 1) {
        const index = round % cluster().nodes.length;
        await load.during(async () => {
          const before = load.acknowledged;
          await waitFor('writes', () => load.acknowledged > before + 100, { timeoutMs: 30_000 });
          // The moment of the kill must be arbitrary.
          await sleep(300 * Math.random());
          await cluster().nodes[index]?.kill();
        });
        await cluster().restart(index);
        expect(await load.losses()).toEqual([]);
      }
      expect(load.problems).toEqual([]);
      await expectAgreement(cluster());
      expect(await load.losses('ever')).toEqual([]);
    },
    limitOf(rounds),
  );
});

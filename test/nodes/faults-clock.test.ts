import { expect, test } from 'bun:test';
import { put, readRaw, statusOf } from '../faults/requests.ts';
import { suiteOnCluster } from '../support/cluster.ts';
import { partPath } from '../support/parts.ts';
import { limitOf, roundsOr } from '../support/rounds.ts';
import { waitFor } from '../support/wait-for.ts';

const rounds = roundsOr(2);
const faketime = await partPath('faketime').catch(() => 'faketime');
let offsets = ['+10s', '-10s'];
const withWrongClocks = () => ({
  1: [faketime, '-f', offsets[0] ?? ''],
  2: [faketime, '-f', offsets[1] ?? ''],
});
const options = {
  proxy: 'haproxy',
  runtimes: ['bun', 'bun', 'deno'],
  commandPrefixes: withWrongClocks(),
} satisfies Parameters<typeof suiteOnCluster>[1];

// Rule: docs/postgresql.md, "The clock".
await suiteOnCluster(
  'nodes whose clocks are 10 s off',
  options,
  (cluster) => {
    /** Both nodes start again, each with the clock of the other. */
    async function exchangeClocks(): Promise<void> {
      offsets = offsets.toReversed();
      options.commandPrefixes = withWrongClocks();
      for (const index of [1, 2]) {
        await cluster().nodes[index]?.kill();
        await cluster().restart(index);
      }
    }

    async function expectNotReady(): Promise<void> {
      const { nodes, url } = cluster();
      const [right, ...wrong] = nodes;
      expect(await statusOf(`${right?.url}/readyz`)).toBe(200);
      for (const node of wrong) {
        const response = await fetch(`${node.url}/readyz`);
        expect(response.status).toBe(503);
        expect(await response.json()).toMatchObject({ status: 'unavailable', stores: { clock: 'wrong' } });
      }
      await waitFor('the proxy to notice', async () => {
        const found = await Promise.all([1, 2, 3, 4, 5, 6].map(() => statusOf(`${url}/healthz`)));
        return found.every((status) => status === 200);
      });
      const id = await put(url, Buffer.from('on time'), '?ttl=1h');
      expect(String(await readRaw(url, id))).toBe('on time');
    }

    async function expectEqualExpiries(): Promise<void> {
      const expiries = await Promise.all(
        cluster().nodes.map(async ({ url }) => {
          const response = await fetch(`${url}/`, { method: 'PUT', body: 'x', headers: { 'x-ttl': '1h' } });
          await response.text();
          return Date.parse(response.headers.get('x-expires-at') ?? '');
        }),
      );
      expect(Math.max(...expiries) - Math.min(...expiries)).toBeLessThan(5000);
    }

    test(
      'are not ready and get no requests, the other one serves, and all give the expiry of the database',
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          if (round > 0) await exchangeClocks();
          await expectNotReady();
          await expectEqualExpiries();
        }
      },
      limitOf(rounds),
    );
  },
  ['faketime'],
);
